/** The keys that only services have. */
import { serviceKeys } from '../../../../job/keys/service-keys.ts';
import type { Probe } from '../../../../job/service.ts';
import { loss, notOfAPod, ofServices, type Rules, warning } from './rule.ts';

const usualResponse = serviceKeys.health_check.properties.http.properties.expected_response.default;
const restartsAnyway = 'Kubernetes starts a container again whatever its exit code';
const readsNoResponse = 'a probe of Kubernetes does not read the response; any code from 200 to 399 is well';
const waitsItsOwnTime = 'restarts are 10 s, 20 s, 40 s … apart, at most 5 minutes';

export const serviceRules = {
  service: 'said',
  instances: 'said',
  count: 'said',
  ports: 'said',
  stop_timeout: 'said',
  health_check: [
    loss(ofServices(({ service }) => lostOfProbe(service.health?.probe))),
    warning(ofServices(({ service }) => (isUsualResponse(service.health?.probe) ? readsNoResponse : undefined))),
  ],
  restart: loss(ofServices(({ service }) => (service.respawn.restart === 'always' ? undefined : restartsAnyway))),
  normal_exit: loss(
    ofServices(({ service: { respawn } }) =>
      respawn.normalExit.codes.length + respawn.normalExit.signals.length === 0 ? undefined : restartsAnyway,
    ),
  ),
  respawn_limit: loss(
    ofServices(({ service }) => (service.respawn.limit === undefined ? undefined : 'a Deployment never gives up')),
  ),
  restart_delay: warning(
    ofServices(({ service }) => (service.respawn.delaySeconds === 1 ? undefined : waitsItsOwnTime)),
  ),
  restart_delay_max: warning(
    ofServices(({ service }) => (service.respawn.maxDelaySeconds === 300 ? undefined : waitsItsOwnTime)),
  ),
  min_uptime: warning(
    ofServices(({ service }) => (service.respawn.minUptimeSeconds === 300 ? undefined : waitsItsOwnTime)),
  ),
  pid_file: loss(
    ofServices(({ service }) =>
      service.pidFile === undefined
        ? undefined
        : 'a container ends with its command: have the program stay in the foreground',
    ),
  ),
  monitor_interval: notOfAPod((job) => job.service !== undefined && job.service.monitorSeconds !== 10),
  stop_signal: warning(
    ofServices(({ service }) =>
      service.stopSignal === 15 ? undefined : 'the image decides the signal: STOPSIGNAL in its Dockerfile',
    ),
  ),
  log_keep: notOfAPod((job) => job.service !== undefined && job.service.logKeep !== 5),
} as const satisfies Rules<string>;

/** Words about a response that an HTTP probe can't judge: it takes any code from 200 to 399 and reads no body. */
function lostOfProbe(probe: Probe | undefined): string | undefined {
  if (probe?.by !== 'http') return undefined;
  const { expectedCode, expectedResponse } = probe;
  if (expectedCode !== 0 && (expectedCode < 200 || expectedCode > 399))
    return `expected_code ${expectedCode}: a probe of Kubernetes takes any code from 200 to 399`;
  if (expectedResponse === '' || isUsualResponse(probe)) return undefined;
  return `expected_response "${expectedResponse}": ${readsNoResponse}`;
}

function isUsualResponse(probe: Probe | undefined): boolean {
  return probe?.by === 'http' && probe.expectedResponse === usualResponse;
}
