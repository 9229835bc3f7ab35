import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validateJobText } from '../../src/job/load.ts';
import { type RehearsalRequest, rehearsalCode, rehearsalText, rehearse } from '../../src/report/rehearsal.ts';
import { worldOf } from '../../src/run/world/world.ts';
import { user } from '../fakes/host.ts';

const text = `name: Nightly dump
command: [dump --all, /opt/gone, /opt/old]
slow_start_command: dump --slowly
nice: 10
limits: {nofile: 64, cpu: 2h}
umask: 027
timeout: 90
environment: {PGHOST: db1, LANG: de}
`;

function request(changes: Partial<RehearsalRequest> = {}): RehearsalRequest {
  const read = validateJobText({ file: 'dump.yaml', bytes: new TextEncoder().encode(text) }, {});
  assert.ok(read.ok);
  const job = { ...read.value, slug: 'dump', path: '/jobs/dump.yaml', sha256: '' };
  const callers = { HOME: '/root', LANG: 'C', PATH: '/sbin', TITLE: 'a\nb', LS_COLORS: 'x' };
  const locale = { file: '/etc/default/locale', variables: { LANG: 'C.UTF-8', LC_TIME: 'en_GB' } };
  const fixed = { user, searchPath: '/bin', locale, passEnvironment: ['TITLE'], callers };
  return {
    job,
    slowStart: false,
    world: worldOf({ job, fixed, runPath: 'RUN', isDirectory: () => true }),
    locale,
    user,
    groups: { own: ['svc', 'wheel'], due: ['svc', 'adm'] },
    niceness: 12,
    callers,
    logDirectory: '/var/log/process-control',
    programs: {
      find: (name) =>
        name === '/opt/gone'
          ? { is: 'missing', reason: '/opt/gone: no such file', exitCode: 127 }
          : { is: 'found', path: name.startsWith('/') ? name : `/bin/${name}` },
    },
    foresee: (program) => (program === '/opt/old' ? { reason: 'its interpreter is gone', exitCode: 126 } : undefined),
    ...changes,
  };
}

test("a rehearsal shows the whole world of a run, and how it differs from the caller's", () => {
  assert.equal(
    rehearsalText(rehearse(request())),
    `job:               dump - Nightly dump
user:              svc (uid 1500)
groups:            svc, wheel
missing groups:    adm (given after this login or daemon started)
foreign groups:    wheel (not the service user's)
working directory: /home/svc
umask:             027
niceness:          19
limits:            nofile 64, cpu (seconds) 7200; all others as run-job has them
timeout:           1 h 30 min; 10 s from TERM to KILL
log:               /var/log/process-control/dump/dump-YYYYMMDD-HHMMSS.log
commands:
  dump --all
    program: /bin/dump
    started as: /usr/bin/prlimit --nofile=64 --cpu=7200 -- /usr/bin/nice -n 10 /bin/dump --all
  /opt/gone
    can not be started: /opt/gone: no such file (exit code 127)
  /opt/old
    program: /opt/old
    started as: /usr/bin/prlimit --nofile=64 --cpu=7200 -- /usr/bin/nice -n 10 /opt/old
    can not be started: its interpreter is gone (exit code 126)
environment (locale: /etc/default/locale):
  HOME=/home/svc
  LANG=de
  LC_TIME=en_GB
  LOGNAME=svc
  PATH=/bin
  PGHOST=db1
  PROCESS_CONTROL_RUN_ID=RUN
  PWD=/home/svc
  SHELL=/bin/sh
  TITLE=a\\u000ab
  USER=svc
changes to the environment of the caller:
  - HOME=/root
  + HOME=/home/svc
  - LANG=C
  + LANG=de
  + LC_TIME=en_GB
  + LOGNAME=svc
  - LS_COLORS=x
  - PATH=/sbin
  + PATH=/bin
  + PGHOST=db1
  + PROCESS_CONTROL_RUN_ID=RUN
  + PWD=/home/svc
  + SHELL=/bin/sh
  + USER=svc
`,
  );
});

test('the exit code is that of the first command that can not be started', () => {
  assert.equal(rehearsalCode(rehearse(request())), 127);
  assert.equal(rehearsalCode(rehearse(request({ slowStart: true }))), 0);
});

test('a slow start is rehearsed with its own command; defaults are not listed', () => {
  const { job } = request();
  const plain = { ...job, limits: {}, timeoutSeconds: 0, nice: 0 };
  const told = rehearsalText(
    rehearse(request({ slowStart: true, job: plain, niceness: 0, groups: { own: ['svc'], due: ['svc'] } })),
  );
  assert.match(
    told,
    /^commands:\n {2}dump --slowly\n {4}program: \/bin\/dump\nenvironment \(locale: \/etc\/default\/locale\):$/m,
  );
  assert.match(told, /^groups: +svc\nworking directory:/m);
  assert.match(told, /^limits: +as run-job has them\ntimeout: +none;/m);
});
