/** jobctl doctor on a host where one thing after the other is made wrong, with the advised commands carried out. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type MailServer, startMailServer } from '../fakes/mail-server.ts';
import { noScene, type Person, Scene } from './doctor-scene.ts';
import { House, until } from './house.ts';

/** An hour that is far away: the cron here is a real one, and must not start this while something is wrong. */
const hour = (new Date().getHours() + 12) % 24;
const good = `name: Good\ncommand: /bin/true\nschedule: "5 ${hour} * * *"\n`;
const bad = 'name: Bad\ncomand: /bin/true\n';

/** A file system whose program never answers. */
const deadServer = `
use Fcntl; my $at = shift;
open my $device, '+<', '/dev/fuse' or die "fuse: $!"; fcntl($device, F_SETFD, 0);
my $data = 'fd=' . fileno($device) . ',rootmode=40000,user_id=0,group_id=0,allow_other';
system('mount', '-i', '-t', 'fuse', '-o', $data, 'server:/export', $at) == 0 or die 'mount';
$| = 1; print "on\\n"; sleep 100000;
`;

describe('jobctl doctor', { skip: noScene }, () => {
  let house: House;
  let scene: Scene;
  let mails: MailServer;
  let config: string;

  before(async () => {
    mails = await startMailServer();
    house = new House({ good }, { crontab: '/etc/cron.d/process-control', config: mailLines(mails.port) });
    config = readFileSync(house.configFile, 'utf8');
    scene = new Scene(house);
    await scene.open();
    scene.startCron();
    scene.sh('cron-generate');
  });

  after(async () => {
    await scene.close();
    house.remove();
    await mails[Symbol.asyncDispose]();
  });

  function mailLines(port: number): string {
    return `mail: {smtp: {host: 127.0.0.1, port: ${port}}}`;
  }

  /** Changes the configuration for as long as `look` takes. */
  async function configured(change: (text: string) => string, look: () => Promise<void>): Promise<void> {
    scene.etc.write('process-control.yaml', change(config));
    try {
      await look();
    } finally {
      scene.etc.write('process-control.yaml', config);
    }
  }

  async function withJob(slug: string, text: string, look: () => Promise<void>): Promise<void> {
    house.job(slug, text);
    try {
      await look();
    } finally {
      scene.sh(`rm -f ${house.path(`jobs/${slug}.yaml`)}; cron-generate`);
    }
  }

  /** Runs shell commands of root's, looks, and undoes them. */
  async function meanwhile(begin: string, end: string, look: () => Promise<void>): Promise<void> {
    scene.sh(begin);
    try {
      await look();
    } finally {
      scene.sh(end);
    }
  }

  async function finds(title: string, is: string, words: RegExp, person: Person = 'root') {
    const diagnosis = await scene.doctor(person);
    const check = diagnosis.about(title);
    assert.equal(check.is, is, check.words);
    assert.match(check.words, words);
    assert.equal(diagnosis.code, diagnosis.checks.some((one) => one.is === 'problem') ? 1 : 0);
    return check;
  }

  test('on a host where nothing is wrong everything is ok for root, and the exit code is 0', async () => {
    const { code, checks } = await scene.doctor('root');
    assert.deepEqual(
      checks.filter(({ is }) => is !== 'ok'),
      [],
    );
    assert.equal(code, 0);
    const titles = checks.map(({ about }) => about);
    for (const title of [
      'cron',
      'time zone',
      'crontab',
      'clock',
      'job files',
      'service user',
      'run-job',
      'directories',
    ])
      assert.ok(titles.includes(title), title);
    for (const { advice } of checks) assert.ok(Array.isArray(advice));
  });

  test('the service user and others see no problem there either, and what they can not check is unknown', async () => {
    for (const [person, unknown] of [
      ['service', ['service user', 'time zone']],
      ['nobody', ['run-job', 'service user', 'sudo', 'time zone']],
    ] as const) {
      const { code, checks } = await scene.doctor(person);
      const other = checks.filter(({ is }) => is === 'unknown').map(({ about }) => about);
      assert.deepEqual(other.filter((about) => about !== 'sudo' || existsSync('/usr/bin/sudo')).sort(), unknown);
      assert.deepEqual(
        checks.filter(({ is }) => is === 'problem'),
        [],
      );
      assert.equal(code, 0);
    }
  });

  test('on a terminal of 80 columns no line is longer, but for commands', async () => {
    await withJob('new-job', good, async () => {
      const [file = '', ...words] = scene.words('root', [
        ...['script', '-qec', 'stty cols 80; jobctl doctor', '/dev/null'],
      ]);
      const shown = spawn(file, words, {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { PATH: scenePath(), TERM: 'xterm' },
      });
      const text = Buffer.concat(await (shown.stdout ?? assert.fail()).toArray()).toString('utf8');
      assert.match(text, /\u001b\[31mPROBLEM\u001b\[39m {2}crontab: /);
      const lines = text.replaceAll(/\u001b\[\d+m/g, '').split(/\r?\n/);
      assert.ok(lines.length > 10);
      for (const line of lines) assert.ok(line.length <= 80 || line.startsWith('      '), line);
      assert.match(lines.join('\n'), /\n1 problem, \d+ ok\n/);
    });
  });

  function scenePath(): string {
    return scene.sh('echo $PATH').trim();
  }

  test('without a cron it says how to start one, and a stopped one can go on', async () => {
    scene.stopCron();
    await finds('cron', 'problem', /^no cron is running, so nothing starts jobs$/);
    const next = () => /^ *next: .*$/m.exec(scene.sh('jobctl status good || :'))?.[0];
    assert.equal(next(), undefined, 'no next start is named that nothing makes');
    scene.startCron();
    assert.match(next() ?? '', /\d:05/);
    scene.sh('kill -STOP $(cat /run/crond.pid)');
    await until('doctor to see it', async () => (await scene.doctor()).about('cron').is === 'problem');
    scene.obey(await finds('cron', 'problem', /is stopped by a signal/));
    await until('doctor to see it', async () => (await scene.doctor()).about('cron').is === 'ok');
  });

  test("a cron of another time zone is a problem for root's eyes, and unknown to others", async () => {
    scene.stopCron();
    scene.startCron('TZ=Pacific/Kiritimati');
    await finds('time zone', 'problem', /TZ=Pacific\/Kiritimati/);
    await finds('time zone', 'unknown', /root can tell/, 'nobody');
    scene.stopCron();
    scene.startCron();
    await finds('time zone', 'ok', /cron has that of this host/);
  });

  test('a zone that was set after cron was started may not be that of cron', async () => {
    await until('doctor to see it', async () => {
      scene.sh('touch -h /etc/localtime');
      return (await scene.doctor()).about('time zone').is === 'warning';
    });
    scene.stopCron();
    await until('doctor to see it', async () => {
      scene.startCron();
      const { is } = (await scene.doctor()).about('time zone');
      if (is !== 'ok') scene.stopCron();
      return is === 'ok';
    });
  });

  test('a job without a line, a line of other times and a missing crontab are written by the advised command', async () => {
    house.job('new-job', good);
    scene.obey(await finds('crontab', 'problem', /1 job has no line \(new-job\)/));
    house.job('new-job', good.replace('"5 ', '"6 '));
    scene.obey(await finds('crontab', 'problem', /1 line differs from the job files \(new-job\)/));
    scene.sh('rm /etc/cron.d/process-control');
    scene.obey(await finds('crontab', 'problem', /there is no \/etc\/cron.d\/process-control, so cron starts no job/));
    await finds('crontab', 'ok', /in sync/);
    scene.sh(`rm ${house.path('jobs/new-job.yaml')}; cron-generate`);
  });

  test('the line of a job whose file is gone is what each program names, until the advised command takes it out', async () => {
    house.job('left', good);
    scene.sh(`cron-generate; rm ${house.path('jobs/left.yaml')}`);
    const inSync = () => /^processcontrol_crontab_in_sync (\d)$/m.exec(scene.sh('jobctl metrics'))?.[1];
    for (const person of ['root', 'nobody'] as const)
      await finds('crontab', 'problem', /: 1 line is of a job whose file is gone \(left\)$/, person);
    const check = await finds('crontab', 'problem', /left/);
    assert.match(scene.sh('cron-generate --check 2>&1 || :'), /1 removed \(left\)/);
    assert.equal(inSync(), '0');
    assert.match(
      scene.sh('jobctl status || :'),
      /^left +invalid .*the file is gone, but \/etc\/cron\.d\/process-control still has its line/m,
    );
    assert.match(scene.sh('jobctl status left; echo $?'), /left: its file is gone.*sudo cron-generate\n(?:.*\n)?1\n$/s);
    assert.match(
      scene.sh('check-jobs-icinga || :'),
      /left is invalid: its file is gone, and the crontab still has its line/,
    );
    scene.obey(check);
    await finds('crontab', 'ok', /in sync/);
    assert.equal(inSync(), '1');
    assert.doesNotMatch(scene.sh('jobctl status || :'), /left/);
  });

  test('a crontab that cron ignores is one again after the advised commands', async () => {
    for (const [change, words] of [
      ['chmod 666', /cron ignores .*others than root can write it \(mode 0666\)/],
      [`chown ${house.service.uid}`, /cron ignores .*its owner is uid/],
    ] as const) {
      scene.sh(`${change} /etc/cron.d/process-control`);
      scene.obey(await finds('crontab', 'problem', words));
      await finds('crontab', 'ok', /in sync/);
    }
  });

  test('a crontab behind a link is read as cron reads it, and the advised commands make it a file', async () => {
    const file = '/etc/cron.d/process-control';
    scene.sh(`mv ${file} /etc/its-target; ln -s ../its-target ${file}`);
    const check = await finds('crontab', 'problem', /cron-generate does not replace it: process-control is a symlink/);
    assert.doesNotMatch(check.words, /no line/);
    assert.doesNotMatch(scene.sh('jobctl why good'), /its line is not in/);
    scene.obey(check);
    await finds('crontab', 'ok', /in sync/);
    scene.sh('rm /etc/its-target');
  });

  test('a crontab whose comment has a carriage return is not said to be ignored, and an empty one not to lack an end', async () => {
    scene.sh(`sed -i '2s/$/\\r/' /etc/cron.d/process-control`);
    const odd = await finds('crontab', 'warning', /is not what cron-generate would write now/);
    scene.obey(odd);
    scene.sh('cp /dev/null /etc/cron.d/process-control');
    const empty = await finds('crontab', 'problem', /1 job has no line \(good\)/);
    scene.obey(empty);
    await finds('crontab', 'ok', /in sync/);
  });

  test('a crontab that only root may read is unknown to others', async () => {
    await meanwhile('chmod 600 /etc/cron.d/process-control', 'chmod 644 /etc/cron.d/process-control', async () => {
      await finds('crontab', 'unknown', /can't be read.*root can tell/, 'nobody');
      scene.obey(
        await finds('crontab', 'warning', /is not what cron-generate would write now: its owner, mode or links/),
      );
      await finds('crontab', 'ok', /in sync/);
    });
  });

  test("cron's own complaint about the crontab is shown", async () => {
    const line = `$(date -Ins | tr , .) host cron[1]: (*system*process-control) WRONG FILE OWNER (/etc/cron.d/process-control)`;
    await meanwhile(
      `mount -t tmpfs none /var/log && echo "${line}" >/var/log/cron.log`,
      'umount /var/log',
      async () => {
        await finds('crontab', 'problem', /^cron said at .*WRONG FILE OWNER/);
        scene.sh('touch -d "+2 seconds" /etc/cron.d/process-control');
        await finds('crontab', 'ok', /in sync/);
      },
    );
    scene.sh('touch /etc/cron.d/process-control');
  });

  test('a clock that stands before what the host has seen is a warning', async () => {
    await meanwhile(`touch -d '+1 hour' ${house.path('state')}`, `touch ${house.path('state')}`, async () => {
      await finds('clock', 'warning', /^it stands at .*, but .*\/state was changed at /);
    });
  });

  test('a clock that no time server keeps right is a warning', {
    skip: !existsSync('/usr/bin/timedatectl'),
  }, async () => {
    writeFileSync(house.path('timedatectl'), '#!/bin/sh\necho no\n', { mode: 0o755 });
    const begin = `mkdir -p /run/systemd/system && mount --bind ${house.path('timedatectl')} /usr/bin/timedatectl`;
    await meanwhile(begin, 'umount /usr/bin/timedatectl; rm -r /run/systemd', async () => {
      await finds('clock', 'warning', /no time server keeps it right/);
      writeFileSync(house.path('timedatectl'), '#!/bin/sh\nexec sleep 1000\n', { mode: 0o755 });
      await finds('clock', 'ok', /it stands at/);
    });
  });

  test('a configuration with a problem is the finding, and what needs none is checked all the same', async () => {
    await configured(
      (text) => `${text}mial: {}\n`,
      async () => {
        for (const person of ['root', 'service', 'nobody'] as const) {
          const { code, checks, about } = await scene.doctor(person);
          assert.equal(code, 1);
          assert.match(about('configuration').words, /process-control.yaml:\d+:1: unknown key "mial"/);
          assert.deepEqual(about('configuration').advice, [
            { say: 'correct it', run: ['sudoedit /etc/process-control.yaml'] },
          ]);
          assert.ok(checks.some((check) => check.about === 'cron'));
        }
      },
    );
  });

  test('a service user that does not exist can be made by the advised command', async () => {
    await configured(
      (text) => text.replace(/^user: .*$/m, 'user: pc-test-missing'),
      async () => {
        scene.obey(await finds('configuration', 'problem', /pc-test-missing/));
        await finds('configuration', 'ok', /./);
      },
    );
  });

  test('a configuration that the service user may not read is a problem to root, and unknown to others', async () => {
    const name = '/etc/process-control.yaml';
    await meanwhile(`chmod 600 ${name}`, `chmod 644 ${name}`, async () => {
      await finds('configuration', 'problem', /who runs the jobs, may not read .*chmod g\+r/);
      await finds('configuration', 'unknown', /^you may not read .*root and the service user can tell/, 'nobody');
    });
  });

  test('a configuration that a group can write, or that the service user may not read, is right after the advised command', async () => {
    scene.sh('chmod 664 /etc/process-control.yaml');
    scene.obey(await finds('configuration', 'problem', /can be written by a group/));
    scene.sh('chmod 600 /etc/process-control.yaml');
    scene.obey(await finds('configuration', 'problem', /may not read .*process-control.yaml/));
    await finds('configuration', 'ok', /process-control.yaml/);
    scene.sh('chown root:root /etc/process-control.yaml; chmod 644 /etc/process-control.yaml');
  });

  test('odd owners and modes of the job directory are what cron-generate says of them', async () => {
    await meanwhile(`chmod g+w ${house.path('jobs')}`, `chmod g-w ${house.path('jobs')}`, async () => {
      await finds('configuration', 'warning', /a group can write .*: chmod g-w/);
      await configured(
        (text) => `${text}trust: strict\n`,
        async () => {
          await finds('configuration', 'problem', /a group can write/);
        },
      );
    });
    await meanwhile(`chmod o+w ${house.path('jobs')}`, `chmod o-w ${house.path('jobs')}`, async () => {
      await finds('configuration', 'problem', /everyone can write .*: chmod o-w/);
    });
  });

  test('a job file with a problem is named, and one of an untrusted owner is a warning', async () => {
    await withJob('bad', bad, async () => {
      const check = await finds(
        'job files',
        'problem',
        /^1 of 2 jobs can't be run: .*bad.yaml:2:1: unknown key "comand"/,
      );
      assert.deepEqual(check.advice, [{ say: 'see all of it', run: ['jobctl check'] }]);
      assert.match(scene.sh('jobctl check || :'), /bad.yaml:2:1/);
    });
    await withJob('owned', good, async () => {
      scene.sh(`chown 65534 ${house.path('jobs/owned.yaml')} && cron-generate`);
      await finds('job files', 'warning', /owned.yaml: warning: .*owner/);
    });
  });

  test('a job file that is closed to the service user is a problem to root, and unknown to others', async () => {
    await withJob('closed', good, async () => {
      scene.sh(`cron-generate; chmod 600 ${house.path('jobs/closed.yaml')}`);
      await finds('job files', 'problem', /may not read .*closed.yaml/);
      const { checks } = await scene.doctor('nobody');
      const [about] = checks.filter((check) => check.about === 'job files' && check.is === 'unknown');
      assert.match(
        about?.words ?? '',
        /you may not read 1 job file: .*closed.yaml; root and the service user can tell/,
      );
      assert.ok(!checks.some((check) => check.about === 'job files' && check.is === 'problem'));
    });
  });

  test('a job directory that can not be listed is unknown to others, and one that is not there a problem', async () => {
    await meanwhile(`chmod 700 ${house.path('jobs')}`, `chmod 755 ${house.path('jobs')}`, async () => {
      await finds('job files', 'unknown', /you may not list .*jobs; root and the service user can tell/, 'nobody');
      await finds('job files', 'problem', /may not list/, 'root');
    });
    await meanwhile(
      `mv ${house.path('jobs')} ${house.path('aside')}`,
      `rm -rf ${house.path('jobs')}; mv ${house.path('aside')} ${house.path('jobs')}`,
      async () => {
        scene.obey(await finds('job files', 'problem', /job directory can not be read/));
        await finds('job files', 'ok', /^0 jobs in /);
      },
    );
  });

  test('an account that has expired, for which cron starts nothing, lasts after the advised command', async () => {
    const { name } = house.service;
    scene.sh(`chage --expiredate 2020-01-01 ${name}`);
    const expired = await finds('service user', 'problem', /the account of .* has expired/);
    assert.match(scene.sh('jobctl why good --all || :'), /service user +STOPS +the account of .* has expired/);
    scene.obey(expired);
    scene.sh(`chage --maxdays 1 --lastday 2020-01-01 ${name}`);
    scene.obey(await finds('service user', 'problem', /the password of .* has expired/));
    await finds('service user', 'ok', /at home in/);
  });

  test('a home that does not exist is a warning', async () => {
    const { name, home } = house.service;
    const nowhere = house.path('nowhere');
    scene.sh(`sed -i 's,:${home}:,:${nowhere}:,' /etc/passwd`);
    scene.obey(await finds('service user', 'warning', new RegExp(`nowhere, the home of ${name}, does not exist`)));
    await finds('service user', 'ok', /at home in .*nowhere/);
    scene.sh(`sed -i 's,:${nowhere}:,:${home}:,' /etc/passwd`);
  });

  test('a run-job that is missing, closed or does not start is a problem', async () => {
    const place = house.path('other-run-job');
    await configured(
      (text) => text.replace(/^runner_path: .*$/m, `runner_path: ${place}`),
      async () => {
        const next = /other-run-job, "runner_path", which cron-generate writes into the crontab next, does not exist/;
        await finds('run-job', 'problem', next);
        await finds('run-job', 'problem', next, 'nobody');
        await finds('crontab', 'problem', /1 line has another user or program than the configuration \(good\)/);
        assert.match(scene.sh('jobctl metrics'), /^processcontrol_crontab_in_sync 0$/m);
        assert.match(
          scene.sh('jobctl why good --all || :'),
          /^ +run-job +ok +\S*bin\/run-job$/m,
          'what the line calls',
        );
        scene.sh('cron-generate');
        await finds('run-job', 'problem', /which the crontab calls, does not exist/);
        await finds('run-job', 'problem', /which the crontab calls, does not exist/, 'nobody');
        assert.match(scene.sh('jobctl why good || :'), /other-run-job does not exist/);
        writeFileSync(place, '#!/bin/sh\necho "it has no node" >&2; exit 125\n', { mode: 0o755 });
        await finds('run-job', 'problem', /does not start as .*: it has no node/);
        await finds('run-job', 'problem', /does not start as .*: it has no node/, 'service');
        scene.sh(`chmod 644 ${place}`);
        await finds('run-job', 'problem', /is not executable/);
      },
    );
    scene.sh('cron-generate');
  });

  test('a directory that the service user can not write can be written after the advised commands', async () => {
    scene.sh(`chown root:root ${house.path('state')}`);
    await finds('directories', 'problem', /can't write .*state, which belongs to root/, 'nobody');
    scene.obey(await finds('directories', 'problem', /can't write .*state, which belongs to root/));
    scene.sh(`rmdir ${house.path('run')} 2>/dev/null || mv ${house.path('run')} ${house.path('run.aside')}`);
    scene.obey(await finds('directories', 'problem', /run does not exist, and .* can't make it/));
    await finds('directories', 'ok', /can write/);
    await finds('directories', 'ok', /can write/, 'service');
  });

  test('a log directory or a history that the service user can not write is named and given back', async () => {
    const [log, history] = [house.path('log/good'), house.path('state/history/good.jsonl')];
    scene.sh(`mkdir -p ${log} ${path.dirname(history)}; : >>${history}`);
    scene.sh(`chown -R ${house.service.uid} ${log} ${path.dirname(history)}; chown root:root ${log} ${history}`);
    const check = await finds('directories', 'problem', /can't write .*log\/good, which belongs to root, and 1 more$/);
    scene.obey(check);
    await finds('directories', 'ok', /can write/);
    await meanwhile(`chmod 750 ${log}`, `rmdir ${log}`, () =>
      finds('logs', 'warning', /you may not read .*log\/good/, 'nobody').then(() => undefined),
    );
  });

  test('a file in the place of a directory is a problem', async () => {
    await configured(
      (text) => text.replace(/^output_directory: .*$/m, `output_directory: ${house.path('afile')}`),
      async () => {
        writeFileSync(house.path('afile'), '');
        await finds('directories', 'problem', /afile is a file and not a directory/);
      },
    );
  });

  test('a read-only file system is named, and the advised command makes it writable', async () => {
    const log = house.path('log');
    await meanwhile(`mount -t tmpfs -o ro,uid=${house.service.uid},mode=755 none ${log}`, `umount ${log}`, async () => {
      await finds('directories', 'problem', /log is on a read-only file system/, 'nobody');
      scene.obey(await finds('directories', 'problem', new RegExp(`log is on a read-only file system .*on ${log}`)));
      await finds('directories', 'ok', /can write/);
    });
  });

  test('a full disk, one that is nearly full, and one without inodes are seen', async () => {
    const log = house.path('log');
    const mounted = (options: string) => `mount -t tmpfs -o uid=${house.service.uid},${options} none ${log}`;
    await meanwhile(
      `${mounted('size=64k')} && dd if=/dev/zero of=${log}/x 2>/dev/null || :`,
      `umount ${log}`,
      async () => {
        await finds('disk space', 'problem', /the disk of .*log is full/);
        scene.obey(await finds('disk space', 'problem', /is full/, 'nobody'));
      },
    );
    await meanwhile(`${mounted('size=8m')} && head -c 8340000 /dev/zero >${log}/x`, `umount ${log}`, async () => {
      await finds('disk space', 'warning', /the disk of .*log has only 0 MiB left/);
    });
    await meanwhile(`${mounted('nr_inodes=2')} && touch ${log}/x`, `umount ${log}`, async () => {
      scene.obey(await finds('disk space', 'problem', /log has no inode left/));
    });
  });

  test('a program that is missing is named with what is lost', async () => {
    for (const [program, is, words] of [
      ['/usr/bin/logger', 'warning', /nothing reaches the system log/],
      ['/usr/bin/flock', 'problem', /no run can take its lock/],
      ['/usr/bin/setpriv', 'warning', /root can not become the service user/],
    ] as const)
      await meanwhile(`mount --bind /dev/null ${program}`, `umount ${program}`, async () => {
        await finds('programs', is, words);
        if (program === '/usr/bin/setpriv') await finds('run-job', 'unknown', /without setpriv nobody can tell/);
      });
  });

  test("somebody outside of the logs' group is told how to join it, and then to log in again", async () => {
    const log = house.path('log');
    await meanwhile(`chgrp adm ${log} && chmod 2750 ${log}`, `chmod 755 ${log}`, async () => {
      const check = await finds('logs', 'warning', /you may not read .*: you are not in the group adm/, 'nobody');
      assert.deepEqual(check.advice?.[0]?.run, ['sudo usermod -aG adm nobody']);
      await finds('your rights', 'ok', /start, stop and pause/, 'service');
      scene.obey(check);
      await finds('logs', 'ok', /you may read/, 'nobody');
      const [file = '', ...words] = scene
        .words('nobody', ['jobctl', 'doctor', '--json'])
        .map((word) => (word === '--init-groups' ? '--clear-groups' : word));
      const old = spawn(file, words, { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: scenePath() } });
      const text = Buffer.concat(await (old.stdout ?? assert.fail()).toArray()).toString('utf8');
      assert.match(text, /you have joined the group adm since you logged in.*newgrp adm/);
      scene.sh('gpasswd -d nobody adm');
    });
  });

  test('sudo is not asked, since it would report the caller to root by mail', {
    skip: !existsSync('/usr/bin/strace'),
  }, async () => {
    const trace = house.path('trace');
    const [file = '', ...words] = scene.words('root', [
      'strace',
      '-f',
      '-qq',
      '-e',
      'trace=execve',
      '-o',
      trace,
      'setpriv',
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      'jobctl',
      'doctor',
    ]);
    await once(spawn(file, words, { stdio: 'ignore', env: { PATH: scenePath() } }), 'exit');
    const started = readFileSync(trace, 'utf8');
    assert.match(started, /execve\(/);
    assert.doesNotMatch(started, /sudo/);
  });

  test('a host without sudo, a sudoers file that sudo refuses, and a rule for a program elsewhere are warnings', {
    skip: !existsSync('/usr/sbin/visudo'),
  }, async () => {
    await meanwhile('mount --bind /dev/null /usr/bin/sudo', 'umount /usr/bin/sudo', async () => {
      await finds('sudo', 'warning', /sudo is not installed/, 'nobody');
    });
    await meanwhile('mount --bind /dev/null /usr/sbin/visudo', 'umount /usr/sbin/visudo', async () => {
      await finds('sudoers', 'unknown', /visudo, which checks them, could not be run/);
    });
    const file = '/etc/sudoers.d/operators';
    await meanwhile(`echo 'this is no rule' >${file} && chmod 440 ${file}`, `rm ${file}`, async () => {
      await finds('sudoers', 'warning', /sudo has files that it refuses/);
    });
    const rule = '%adm ALL = (pc-test) NOPASSWD: /nowhere/bin/jobctl';
    await meanwhile(`echo '${rule}' >${file} && chmod 440 ${file}`, `rm ${file}`, async () => {
      const check = await finds('sudoers', 'warning', /operators names \/nowhere\/bin\/jobctl, which does not exist/);
      assert.deepEqual(check.advice?.[0]?.run, [`sudo visudo -f ${file}`]);
    });
  });

  test('a mail server that does not answer, hangs or is none, and a sendmail that is not there, are problems', async () => {
    const hanging = createServer().listen(0, '127.0.0.1');
    const talking = createServer((socket) => socket.end('HTTP/1.1 400\r\n')).listen(0, '127.0.0.1');
    await Promise.all([once(hanging, 'listening'), once(talking, 'listening')]);
    const portOf = (server: typeof hanging) => (server.address() as AddressInfo).port;
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const free = portOf(closed);
    closed.close();
    for (const [lines, words] of [
      [mailLines(free), /the mail server at 127.0.0.1:\d+ does not answer: connection refused/],
      [mailLines(portOf(hanging)), /no greeting within 3 s/],
      [mailLines(portOf(talking)), /it said "HTTP\/1.1 400"/],
      ['mail: {sendmail: /nowhere/sendmail}', /mails go through \/nowhere\/sendmail, which can't be run/],
    ] as const)
      await configured(
        (text) => text.replace(/^mail: .*$/m, lines),
        async () => {
          await finds('mail', 'problem', words);
        },
      );
    hanging.close();
    talking.close();
  });

  test('without a mail system it is a problem that no mail of a job can leave, and a warning if no job sends any', {
    skip: existsSync('/usr/sbin/sendmail') ? 'needs a host without /usr/sbin/sendmail' : false,
  }, async () => {
    await configured(
      (text) => text.replace(/^mail: .*$/m, ''),
      async () => {
        await finds('mail', 'warning', /no mail server answers at .*: no job can send a mail$/);
        for (const [slug, more] of [
          ['with-failmail', 'failmail: {to_address: ops@example.org}\n'],
          ['with-notify', 'notify: [{mail: ops@example.org}]\n'],
        ] as const) {
          const none = new RegExp(`no mail of 1 job can leave \\(${slug}\\)$`);
          await withJob(slug, `${good}${more}`, async () => {
            for (const person of ['root', 'nobody'] as const) await finds('mail', 'problem', none, person);
          });
          const off = `${good}${more}disabled: true\n`;
          await withJob(slug, off, async () => {
            await finds('mail', 'warning', /no job can send a mail$/);
          });
        }
      },
    );
  });

  test('a test mail arrives, and root lets the service user send it', async () => {
    for (const person of ['root', 'service', 'nobody'] as const) {
      const { about } = await scene.doctor(person, ['--mail-test', 'ada@example.org']);
      assert.equal(about('mail').is, 'ok', about('mail').words);
      const mail = mails.received.at(-1);
      assert.deepEqual(mail?.recipients, ['ada@example.org']);
      assert.match(mail?.mail.subject ?? '', /^Test mail from process-control on /);
    }
    assert.equal(mails.received.length, 3);
    const { code, about } = await scene.doctor('root', ['--mail-test', 'no address']);
    assert.equal(code, 1);
    assert.match(about('mail').words, /was not accepted.*is not a list of addresses/);
  });

  test('a test mail of root goes out with the rights of the service user alone', async () => {
    writeFileSync(
      house.path('sendmail'),
      `#!/bin/sh\nid -u >${house.path('log/who')}; tty >>${house.path('log/who')}; cat >/dev/null\n`,
      { mode: 0o755 },
    );
    await configured(
      (text) => text.replace(/^mail: .*$/m, `mail: {sendmail: ${house.path('sendmail')}}`),
      async () => {
        await finds('mail', 'ok', /sendmail is there to send mails/);
        const { about } = await scene.doctor('root', ['--mail-test', 'ada']);
        assert.equal(about('mail').is, 'ok', about('mail').words);
        assert.equal(readFileSync(house.path('log/who'), 'utf8'), `${house.service.uid}\nnot a tty\n`);
      },
    );
  });

  test('a password of the mail server that the service user may not read is a problem to root, and unknown to others', async () => {
    const file = house.path('etc/password');
    writeFileSync(file, 'secret\n', { mode: 0o600 });
    const route = `mail: {smtp: {host: 127.0.0.1, port: ${mails.port}, user: u, password_file: ${file}}}`;
    await configured(
      (text) => text.replace(/^mail: .*$/m, route),
      async () => {
        await finds('mail', 'problem', /may not read .*password/);
        await finds('mail', 'unknown', /root can tell/, 'nobody');
        scene.sh(`chgrp ${house.service.gid} ${file} && chmod 640 ${file}`);
        await finds('mail', 'ok', /answers/);
        scene.sh(`chmod 644 ${file}`);
        await finds('mail', 'problem', /everyone can read it/);
      },
    );
  });

  test('notices that wait are a warning at first and then a problem, and unknown where the state is closed', async () => {
    const { uid, gid } = house.service;
    const outbox = house.path('state/notices/outbox');
    const put = (atMs: number) => {
      const name = `good@${String(atMs).padStart(15, '0')}-r-0.mail.failure.json`;
      scene.sh(
        `mkdir -p ${outbox} && echo '{}' >${outbox}/${name} && chown -R ${uid}:${gid} ${house.path('state/notices')}`,
      );
    };
    put(Date.now() - 1000);
    const check = await finds('notices', 'warning', /1 notice waits to be delivered, since .* one about good/);
    assert.deepEqual(check.advice?.[0]?.run, ['jobctl status good']);
    put(Date.now() - 3_600_000);
    await finds('notices', 'problem', /2 notices wait/, 'nobody');
    await meanwhile(`chmod 700 ${house.path('state')}`, `chmod 755 ${house.path('state')}`, async () => {
      await finds('notices', 'unknown', /you may not list .*root and the service user can tell/, 'nobody');
      await finds('runs', 'unknown', /you may not list .*root and the service user can tell/, 'nobody');
      await finds('notices', 'problem', /2 notices wait/);
    });
    scene.sh(`rm -r ${house.path('state/notices')}`);
  });

  test('a job that fails is a warning, and the advised command has its last words', async () => {
    await withJob('fails', 'name: Fails\ncommand: sh -c "echo no luck; exit 3"\n', async () => {
      scene.sh('run-job --job fails || :');
      for (const person of ['root', 'service', 'nobody'] as const) {
        const check = await finds('runs', 'warning', /1 job is failing \(fails\)/, person);
        assert.deepEqual(check.advice?.[0]?.run, ['jobctl failed']);
      }
      assert.match(scene.sh('jobctl failed || :'), /no luck/);
    });
  });

  test("where /proc hides others' processes cron is unknown to others, and ok to root", async () => {
    await meanwhile('mount -t proc -o hidepid=2 proc /proc', 'umount /proc', async () => {
      await finds('cron', 'unknown', /processes are hidden from you; root can tell/, 'nobody');
      await finds('cron', 'ok', /has been running/);
    });
  });

  test('a file server that does not answer is the finding, and nothing that needs it is opened', {
    skip: !existsSync('/dev/fuse'),
  }, async () => {
    const place = house.path('dead');
    scene.sh(`mkdir ${place}`);
    const [file = '', ...words] = scene.words('root', ['perl', '-e', deadServer, place]);
    const server = spawn(file, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(server.stdout ?? assert.fail(), 'data');
    scene.sh(`ln -s ${place}/jobs ${house.path('linked')}`);
    try {
      for (const directory of [`${place}/jobs`, house.path('linked')])
        await configured(
          (text) => text.replace(/^(job_directory|state_directory): .*$/gm, `$1: ${directory}`),
          async () => {
            const check = await finds(
              'file systems',
              'problem',
              /is on server:\/export \(fuse, mounted on .*dead\), which has not answered for 3 s/,
            );
            scene.obey(check);
          },
        );
    } finally {
      server.kill('SIGKILL');
      await once(server, 'exit');
      scene.sh(`umount -l ${place}; rm ${house.path('linked')}`);
    }
  });

  test('a user without a configuration in /etc has a process-control of their own', async () => {
    await meanwhile('mv /etc/process-control.yaml /etc/aside', 'mv /etc/aside /etc/process-control.yaml', async () => {
      const { about } = await scene.doctor('nobody');
      assert.deepEqual([about('configuration').is, about('your rights').is], ['ok', 'ok']);
      assert.match(about('your rights').words, /your own jobs/);
    });
  });

  test('a name behind doctor is a mistake', async () => {
    const { code, stderr } = await scene.run('root', ['good']);
    assert.equal(code, 64);
    assert.match(stderr, /doctor checks the whole host; remove "good"/);
  });
});
