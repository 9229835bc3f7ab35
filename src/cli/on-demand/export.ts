/** cron-generate --target: the jobs for another scheduler. */
export { exportKubernetes } from '../crontab/export-kubernetes.ts';
export { exportSystemd } from '../crontab/export-systemd.ts';
