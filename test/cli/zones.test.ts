/** Every answer of the programs in the zone of the host's own data, however /etc/localtime is made and whatever else says: each case has an /etc and a table of zones of its own. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { House, isRoot, repository } from './house.ts';

const canMount = isRoot && spawnSync('unshare', ['-m', 'true']).status === 0;
const skip = canMount ? false : 'needs root, to mount';

/** A zone file that has a rule and no table. */
function tzif(rule: string): Buffer {
  const header = Buffer.alloc(44);
  header.write('TZif2');
  header.writeUInt32BE(1, 36);
  header.writeUInt32BE(4, 40);
  const block = Buffer.from([0, 0, 0, 0, 0, 0, 88, 88, 88, 0]);
  return Buffer.concat([header, block, header, block, Buffer.from(`\n${rule}\n`)]);
}

/** By the name of the machine's table; Berlin has a law here that no other database knows. */
const laws = {
  'Europe/Berlin': '<+07>-7:15',
  'Asia/Kolkata': 'IST-5:30',
  'America/New_York': 'EST5EDT,M3.2.0,M11.1.0',
  'Mars/Olympus': '<-03>3:20',
  UTC: 'UTC0',
};

/** [how /etc/localtime is made, the offset that the host has then, in minutes] */
const hosts = [
  ['a link', 'ln -s /usr/share/zoneinfo/Asia/Kolkata /etc/localtime', 330],
  ['a link to a zone whose law is another than in ICU', 'ln -s /usr/share/zoneinfo/Europe/Berlin /etc/localtime', 435],
  ['a link to a name that ICU does not know', 'ln -s ../usr/share/zoneinfo/Mars/Olympus /etc/localtime', -200],
  ['a copy', 'cp /usr/share/zoneinfo/Asia/Kolkata /etc/localtime', 330],
  ['a bind mount', 'touch /etc/localtime && mount --bind /usr/share/zoneinfo/Asia/Kolkata /etc/localtime', 330],
  ['absent', 'true', 0],
  ['a dangling link', 'ln -s /usr/share/zoneinfo/Europe/Nowhere /etc/localtime', 0],
] as const;

describe('the zone of the host', { skip }, () => {
  let house: House;
  const script = (name: string) => path.join(repository, 'bin', name);

  before(() => {
    const job = (schedule: string, more = '') =>
      `name: Job\ncommand: /bin/echo hello\nschedule: '${schedule}'\n${more}`;
    house = new House({
      plain: job('0 3 * * *'),
      york: job('0 3 * * *', 'time_zone: America/New_York\n'),
      berlin: job('0 3 * * *', 'time_zone: Europe/Berlin\n'),
      minutely: job('* * * * *', 'time_zone: Asia/Kolkata\n'),
    });
    for (const [name, rule] of Object.entries(laws)) {
      mkdirSync(path.dirname(house.path(`zoneinfo/${name}`)), { recursive: true });
      writeFileSync(house.path(`zoneinfo/${name}`), tzif(rule));
    }
    mkdirSync(house.path('host'));
    for (const name of ['passwd', 'group', 'nsswitch.conf']) cpSync(`/etc/${name}`, house.path(`host/${name}`));
    // What nothing may read.
    writeFileSync(house.path('host/timezone'), 'America/Los_Angeles # old\n');
  });
  after(() => house.remove());

  /** Runs commands as root on a host whose localtime is made so; TZ is the caller's own, and counts for nothing. */
  function onHost(make: string, ...commands: string[]): string {
    const lines = [
      'set -e',
      `mount --bind ${house.path('zoneinfo')} /usr/share/zoneinfo`,
      `mount --bind ${house.path('host')} /etc`,
      'rm -f /etc/localtime',
      make,
      'export TZ=Pacific/Auckland',
      'set +e',
      ...commands,
      // A bind mount has to go before the next case can exchange the file.
      'umount /etc/localtime 2>/dev/null; rm -f /etc/localtime',
    ];
    const { stdout, stderr, status } = spawnSync('unshare', ['-m', 'sh', '-c', lines.join('\n')], {
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', CACHE_DIRECTORY: house.path('cache') },
    });
    assert.equal(status, 0, stderr);
    return stdout + stderr;
  }
  const program = (name: string, args: string) => `${script(name)} --config ${house.configFile} ${args} 2>&1`;
  const next = (slug: string, at: string) => program('jobctl', `next ${slug} --count 1 --at ${at} --json`);

  for (const [title, make, offset] of hosts) {
    test(`/etc/localtime is ${title}`, () => {
      const midnight = Date.parse('2026-07-01T00:00:00Z') - offset * 60_000;
      const answer = onHost(
        make,
        program('cron-generate', ''),
        'echo "generated: $?"',
        next('plain', '2026-07-01T00:00'),
        next('york', '2026-07-01T00:00'),
        next('berlin', '2026-07-01T00:00'),
        program('jobctl', 'why plain --at 2026-07-01T03:00 --json'),
        program('jobctl', 'history --since 2026-07-01T00:00'),
        `PROCESS_CONTROL_TRIGGER=cron ${program('run-job', '--due --job minutely')}`,
        program('run-job', '--job plain'),
        program('cron-generate', '--check'),
        'echo "checked: $?"',
      );
      const ticks = answer.match(/"tickMs":\d+/g)?.map((text) => Number(text.slice(9)));
      const [plain, york, berlin, why] = ticks ?? [];
      assert.equal(plain, midnight + 3 * 3_600_000, answer);
      // 03:00 in New York is 07:00 UTC in summer; in our Berlin it is 19:45 UTC of the day before.
      assert.ok(york !== undefined && (york - Date.parse('2026-07-01T07:00:00Z')) % 86_400_000 === 0, answer);
      assert.ok(berlin !== undefined && (berlin - Date.parse('2026-06-30T19:45:00Z')) % 86_400_000 === 0, answer);
      assert.equal(why, plain);
      assert.match(answer, /generated: 0\n(?:.*\n)*checked: 0\n/);
      const line = /^(\S+) \* \* \* \* \S+ \S+ --due --job york/m.exec(readFileSync(house.path('etc/crontab'), 'utf8'));
      // The minute of the host at which it is a full hour in New York, where gaps end on the hour too.
      assert.equal(line?.[1], String(((offset % 60) + 60) % 60));
      const log = readFileSync(house.path('log/plain/latest.log'), 'utf8');
      const stamp = /^(\S+ \S+),\d+\tINFO\thello/m.exec(log)?.[1] ?? '';
      const distance = Date.now() + offset * 60_000 - Date.parse(`${stamp.replace(' ', 'T')}Z`);
      assert.ok(Math.abs(distance) < 120_000, `${stamp} is not local time`);
      assert.ok(readdirSync(house.path('log/minutely')).length > 0, 'a line with --due has run');
    });
  }

  test('--check knows that localtime or the data of a zone were exchanged, though no file of a job was touched', () => {
    const [kolkata, york] = ['Asia/Kolkata', 'America/New_York'].map(
      (name) => `cp /usr/share/zoneinfo/${name} /etc/localtime`,
    );
    onHost(kolkata ?? '', program('cron-generate', ''));
    assert.match(onHost(york ?? '', program('cron-generate', '--check'), 'echo "status $?"'), /status 2/);
    onHost(york ?? '', program('cron-generate', ''));
    assert.match(onHost(york ?? '', program('cron-generate', '--check'), 'echo "status $?"'), /status 0/);
    writeFileSync(house.path('zoneinfo/Europe/Berlin'), tzif('<+01>-1:20'));
    assert.match(onHost(york ?? '', program('cron-generate', '--check'), 'echo "status $?"'), /status 2/);
    writeFileSync(house.path('zoneinfo/Europe/Berlin'), tzif(laws['Europe/Berlin']));
  });

  test('a job that names the zone of the host gets a line that follows the name', () => {
    onHost('cp /usr/share/zoneinfo/America/New_York /etc/localtime', program('cron-generate', ''));
    assert.match(
      readFileSync(house.path('etc/crontab'), 'utf8'),
      /^# york follows 0 3 \* \* \* America\/New_York\n# Generated.*\n0 \* \* \* \* \S+ \S+ --due --job york/m,
    );
  });

  test('a schedule is warned of the clock changes of its own zone, and of those of no other', () => {
    const answer = onHost(
      'ln -s /usr/share/zoneinfo/America/New_York /etc/localtime',
      `for zone in America/New_York Asia/Kolkata; do printf "name: N\\ncommand: /bin/true\\nschedule: '30 2 * * *'\\ntime_zone: $zone\\n" > ${house.path('file.yaml')}; echo "$zone:"; ${program('cron-generate', `--validate ${house.path('file.yaml')}`)}; done`,
    );
    assert.match(answer, /America\/New_York:\n.*there is no 02:30 in America\/New_York on 2\d\d\d-03-/);
    assert.match(answer, /Asia\/Kolkata:\n(?!.*there is no)/);
  });
});
