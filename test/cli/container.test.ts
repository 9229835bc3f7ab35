/**
 * docs/how-to/containers.md, carried out without Docker: job-scheduler as the first process of a pid namespace without cron, as a user that is not
 * root, with a read-only root file system and one volume. Configuration and arguments are those of the page.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parseEvents } from '../../src/run/history/event-lines.ts';
import { repository, until } from './house.ts';
import { noSetClock, type Scheduler, SchedulerHouse } from './scheduler-house.ts';

const canUnshare = spawnSync('unshare', ['--mount', '--pid', '--fork', 'true']).status === 0;
const reason = noSetClock || (canUnshare ? false : 'needs unshare');

const page = readFileSync(path.join(repository, 'docs/how-to/containers.md'), 'utf8');
const configuration = /```yaml\n(.*?)```/s.exec(page)?.[1] ?? '';
const [entryPoint, ...args] = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(page)?.[1] ?? '[]') as string[];

/** Makes the root file system in the directory $1 and starts the rest of the words there. */
const enter = `set -e
root=$1 etc=$2 jobs=$3 volume=$4; shift 4
mount --make-rprivate /
mount -t tmpfs -o mode=755 none "$root"
for entry in /*; do
  name=\${entry#/}
  case $name in proc | dev | sys | tmp | run | etc | jobs | state) continue ;; esac
  if [ -L "$entry" ]; then cp -P "$entry" "$root/"; elif [ -d "$entry" ]; then
    mkdir "$root/$name"; mount --bind "$entry" "$root/$name"; mount -o remount,bind,ro "$root/$name"
  fi
done
for name in proc dev tmp run etc jobs state; do mkdir "$root/$name"; done
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --bind "$etc" "$root/etc"; mount -o remount,bind,ro "$root/etc"
mount --bind "$jobs" "$root/jobs"; mount -o remount,bind,ro "$root/jobs"
mount --bind "$volume" "$root/state"
mount -o remount,ro "$root"
exec /usr/sbin/chroot "$root" env -u PROCESS_CONTROL_CONFIG "$@"
`;

const jobOf = (command: string) => `name: Job\ncommand: ${command}\nschedule: "* * * * *"\n`;

describe('a container with jobs', { skip: reason }, () => {
  let house: SchedulerHouse;
  let scheduler: Scheduler;
  let first: number;
  before(async () => {
    const jobs = {
      hello: jobOf("/bin/sh -c 'echo hello; touch /root-is-writable 2>&1 || true'"),
      slow: jobOf('/bin/sleep 300'),
      web: 'name: Web\ncommand: /bin/sleep 1000\nservice: true\n',
    };
    house = new SchedulerHouse(jobs, '2027-03-01T10:00:02Z');
    for (const name of ['root', 'container-etc', 'volume']) mkdirSync(house.path(name));
    execFileSync('cp', ['-a', '/etc/.', house.path('container-etc')]);
    execFileSync('rm', ['-rf', house.path('container-etc/process-control.d')]);
    const own = configuration.replace('user: node', `user: ${house.service.name}`);
    writeFileSync(house.path('container-etc/process-control.yaml'), `${own}runner_path: ${house.runner}\n`);
    chownSync(house.path('volume'), house.service.uid, house.service.gid);
    assert.equal(entryPoint, 'job-scheduler');
    const places = ['root', 'container-etc', 'jobs', 'volume'].map((name) => house.path(name));
    const outer = ['unshare', '--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', enter, 'sh', ...places];
    scheduler = house.scheduler([...args.filter((arg) => arg !== '30s'), '2s'], outer);
    await scheduler.tells('ready');
    const { pid } = scheduler.child;
    first = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'));
    scheduler.pid = first;
  });
  after(() => house.close());

  /** The processes of the container: [pid, parent, state] as the container sees them. */
  const processes = () =>
    execFileSync('nsenter', ['-t', String(first), '-p', '-m', '-r', '-w', 'ps', '-e', '-o', 'pid=,ppid=,stat=,args='], {
      encoding: 'utf8',
    });
  const history = (slug: string) => {
    const file = house.path(`volume/state/history/${slug}.jsonl`);
    return existsSync(file) ? parseEvents(readFileSync(file, 'utf8')) : [];
  };

  test('jobs run by the clock, and their output goes to standard output and to the volume', async () => {
    assert.match(processes(), /^ *1 +0 .*job-scheduler/m);
    house.goOn();
    await scheduler.tells('ended', 'hello');
    const output = scheduler.of('output', 'hello').map(({ text }) => String(text));
    assert.ok(output.includes('hello'), output.join('\n'));
    assert.match(output.join('\n'), /Read-only file system/);
    assert.match(readFileSync(house.path('volume/log/hello/latest.log'), 'utf8'), /\tINFO\thello\n/);
    await until('the service', () => processes().includes('sleep 1000'));
  });

  test('a process whose parent has ended is reaped', async () => {
    execFileSync('nsenter', [
      '-t',
      String(first),
      '-p',
      '-m',
      '-r',
      '-w',
      'sh',
      '-c',
      '(exec sleep 0.3) & (exec sleep 0.1) & :',
    ]);
    await until('the end of both', () => !/sleep 0\.[13]/.test(processes()));
    assert.doesNotMatch(processes(), / Z/);
  });

  test('TERM: runs get their time, then they and the services are stopped, and the exit code is 0', async () => {
    await until('the run', () => history('slow').some(({ event }) => event === 'started'));
    scheduler.signal('SIGTERM');
    assert.equal(await scheduler.ended, 0);
    const end = history('slow').find(({ event }) => event === 'ended');
    assert.equal(end?.event === 'ended' && end.outcome.kind, 'stopped');
    assert.deepEqual(
      readdirSync(house.path('volume/run')).filter((name) => /^(?:slow|web)\.run$/.test(name)),
      [],
    );
  });
});
