/** A job without options. */
import type { RunJob } from '../../src/job/job.ts';
import { policyOf } from '../../src/job/keys/policy.ts';
import { timingOf } from '../../src/job/keys/timing.ts';

export const plainJob: RunJob = {
  slug: 'backup',
  path: '/jobs/backup.yaml',
  enabled: true,
  disabled: false,
  timing: timingOf({}),
  policy: policyOf({}),
  tags: [],
  failureThresholdForMail: 1,
  notices: { channels: [], after: 1 },
  name: 'Backup',
  commands: [{ text: 'dump --all', words: ['dump', '--all'] }],
  timeoutSeconds: 0,
  killGraceSeconds: 10,
  allowOvertime: false,
  leftovers: 'kill',
  environment: {},
  passEnvironment: [],
  noNewPrivileges: false,
  privateTmp: false,
  umask: 0o22,
  limits: {},
  sha256: 'abc',
};
