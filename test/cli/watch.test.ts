/** jobctl status and its --watch at a real terminal of three widths, and how the terminal is given back. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import stringWidth from 'string-width';
import { House, until } from './house.ts';
import { noTmux, prompt, Tmux } from './tmux.ts';

const jobs = {
  backup: `name: Nightly dump\ncommand: sh -c 'echo no space left on the device >&2; exit 3'\nschedule: "0 2 * * *"\ntags: [database, night]\n`,
  'import-orders-from-the-warehouse': 'name: Import\ncommand: /bin/true\nschedule: "*/5 * * * *"\ntags: orders\n',
  mail: 'name: Mail\ncommand: /bin/true\nschedule: "*/10 * * * *"\n',
  broken: 'name: Broken\ncomand: /bin/true\n',
};

describe('at a terminal', { skip: noTmux }, () => {
  const house = new House(jobs);
  let terminal: Tmux;
  before(async () => {
    await house.run('run-job', ['backup']);
    await house.run('run-job', ['mail']);
    terminal = new Tmux(house);
    await terminal.shows(prompt);
  });
  after(() => {
    terminal.close();
    house.remove();
  });

  /** Types a command on an empty screen, so that nothing of an earlier one is taken for its answer. */
  const type = async (line: string) => {
    terminal.command('clear');
    await terminal.shows(/^[^\n]*[#$] ?$/);
    terminal.command(line);
  };
  const watch = async () => {
    await type('jobctl status --watch; echo "code $?"');
    await terminal.shows(/^>backup +failing /m);
    assert.deepEqual(terminal.mode(), { alternate: true, cursor: false });
  };
  const given = async (code: number) => {
    await terminal.shows(new RegExp(`^code ${code}$`, 'm'));
    assert.deepEqual(terminal.mode(), { alternate: false, cursor: true });
    terminal.command('clear; stty -a');
    await terminal.shows(/ icanon .* echo /);
  };

  for (const [columns, titles] of [
    [40, /^JOB +STATE +LAST( +TOOK)?$/m],
    [80, /^JOB +STATE +LAST +TOOK( +NEXT)?( +RUNS)?( +TAGS)?$/m],
    [200, /^JOB +STATE +LAST +TOOK( +NEXT)? +RUNS +TAGS +NOTE$/m],
  ] as const)
    test(`the table fits ${columns} columns, what needs a person first, and totals last`, async () => {
      terminal.resize(columns, 40);
      await type('jobctl status; echo "code $?"');
      const shown = await terminal.shows(/^code 1$/m);
      assert.match(shown, titles);
      assert.match(shown, /JOB[\s\S]*^backup +failing [\s\S]*^broken +invalid\b[\s\S]*^mail +ok [\s\S]*^4 jobs: /m);
      const lines = shown.split('\n');
      assert.equal(lines.filter((line) => /^(backup|broken|import-|mail)/.test(line)).length, 4, 'a row was wrapped');
      assert.match(shown.replaceAll(/\s+/g, ' '), /failed with exit code 3/);
      assert.match(terminal.coloured(), /\u001b\[31mfailing/);
    });

  test('NO_COLOR and a dumb terminal have no colours, and LANG=C has ASCII only', async () => {
    terminal.resize(80, 40);
    for (const setting of ['NO_COLOR=1', 'TERM=dumb', 'LANG=C']) {
      await type(`${setting} jobctl status; ${setting} jobctl status backup; echo "code $?"`);
      const shown = await terminal.shows(/^code 1$/m);
      if (setting === 'LANG=C') assert.match(shown, /^[\n -~]*$/);
      else assert.doesNotMatch(terminal.coloured(), /\u001b\[[0-9;]*m/, setting);
    }
  });

  test('--watch ends when the shell that started it was killed, and the next one has the screen', async () => {
    terminal.resize(80, 24);
    await type(`bash -c 'echo $$ > ${house.path('inner')}; jobctl status --watch; true'; echo "code $?"`);
    await terminal.shows(/^>backup +failing /m);
    process.kill(Number(readFileSync(house.path('inner'), 'utf8')), 'SIGKILL');
    await until('the screen to be given back', () => !terminal.mode().alternate);
    await type('echo hello');
    await terminal.shows(/^hello$/m);
  });

  test('status NAME ends with the last lines of the failed run', async () => {
    await type('jobctl status backup; echo "code $?"');
    const shown = await terminal.shows(/^code 1$/m);
    assert.match(shown, /^last success: .*\n|^failures in a row: .*\n/m);
    assert.match(shown, /^ {2}.*no space left on the device$/m);
    assert.match(terminal.coloured(), /state:\S* +\u001b\[31mfailing/, 'the colour of the listing');
  });

  for (const columns of [40, 32])
    test(`status, status NAME and failed break no word at ${columns} columns`, () => breaksNoWord(columns));

  async function breaksNoWord(columns: number): Promise<void> {
    terminal.resize(columns, 60);
    const wordsOf = (text: string) => text.match(/(?<![^\s])[a-z]+(?=[;:,]?(?:\s|$))/g) ?? [];
    for (const args of [['status'], ['status', 'backup'], ['failed']]) {
      const whole = new Set(wordsOf(`${(await house.run('jobctl', args)).stdout} s min ago`));
      await type(`jobctl ${args.join(' ')} 2>&-; echo "code $?"`);
      const screen = await terminal.shows(/^code 1$/m);
      const shown = screen.slice(screen.indexOf('$?"') + 3).split('\ncode 1\n')[0] ?? '';
      assert.ok(wordsOf(shown).length > 10, shown);
      assert.deepEqual(
        wordsOf(shown).filter((word) => !whole.has(word)),
        [],
        shown,
      );
    }
  }

  for (const columns of [40, 80, 200])
    test(`--watch fits ${columns} columns, keys move, filter, open and leave`, async () => {
      terminal.resize(columns, 12);
      await watch();
      terminal.keys('Down');
      await terminal.shows(/^>broken +invalid/m);
      terminal.keys('/', 'm', 'a', 'i', 'l');
      const found = await terminal.shows(/^\/mail_$/m);
      assert.match(found, /^>mail +ok /m);
      assert.doesNotMatch(found, /backup/);
      terminal.keys('Escape');
      await terminal.shows(/^>broken [\s\S]*q quit/m);
      terminal.keys('g', 'Enter');
      await terminal.shows(/^job: +backup - Nightly/m);
      terminal.keys('G');
      const end = await terminal.shows(/no space left[\s\S]*^Esc/m);
      assert.match(end, /^Esc back/m);
      terminal.keys('Escape');
      const back = await terminal.shows(/^>backup +failing/m);
      for (const line of back.split('\n')) assert.ok(stringWidth(line) <= columns, line);
      terminal.keys('q');
      await given(0);
    });

  test('--watch follows the size of the terminal, and a job that comes and goes', async () => {
    terminal.resize(80, 24);
    await watch();
    terminal.resize(40, 10);
    await terminal.shows(/^ JOB +STATE +LAST( +TOOK)?$/m);
    terminal.resize(200, 30);
    await terminal.shows(/^ JOB +STATE .* NOTE$/m);
    house.job('newcomer', 'name: New\ncommand: /bin/true\n');
    await terminal.shows(/^ newcomer +never-run/m);
    rmSync(house.path('jobs/newcomer.yaml'));
    await until('it to go', () => !terminal.lines().join('\n').includes('newcomer'));
    renameSync(house.path('jobs'), house.path('away'));
    await terminal.shows(/^\S+ {2}\d{4}-.*\n.*jobs.*\n JOB/m);
    renameSync(house.path('away'), house.path('jobs'));
    await until('the problem to go', () => /^ JOB/.test(terminal.lines()[1] ?? ''));
    terminal.keys('q');
    await given(0);
  });

  test('--watch gives the terminal back after Ctrl-C, and after a signal', async () => {
    terminal.resize(80, 24);
    await watch();
    terminal.keys('C-c');
    await given(130);
    for (const [signal, code] of [
      ['TERM', 143],
      ['HUP', 129],
      ['INT', 130],
      ['QUIT', 131],
    ] as const) {
      await watch();
      process.kill(watcher(terminal), `SIG${signal}`);
      await given(code);
    }
  });

  test('Ctrl-Z stops --watch and gives the terminal back, fg continues it', async () => {
    await watch();
    for (let round = 0; round < 2; round++) {
      terminal.keys('C-z');
      await terminal.shows(/Stopped[\s\S]*[#$] ?$/);
      assert.deepEqual(terminal.mode(), { alternate: false, cursor: true });
      terminal.command('clear; fg');
      await terminal.shows(/^>backup +failing /m);
      assert.deepEqual(terminal.mode(), { alternate: true, cursor: false });
    }
    terminal.keys('q');
    await until('the shell', () => !terminal.mode().alternate);
    assert.deepEqual(terminal.mode(), { alternate: false, cursor: true });
  });

  test('without a terminal, or with a dumb one, --watch is refused', async () => {
    const { code, stderr } = await house.run('jobctl', ['status', '--watch']);
    assert.deepEqual([code, stderr], [64, 'jobctl: --watch needs a terminal\n']);
    for (const line of ['jobctl status --watch </dev/null', 'TERM=dumb jobctl status -w']) {
      await type(`${line}; echo "code $?"`);
      await terminal.shows(/^jobctl: --watch needs a terminal[\s\S]*^code 64$/m);
    }
    assert.equal((await house.run('jobctl', ['status', '--watch', '--json'])).code, 64);
  });

  test('--watch ends when its terminal is closed', async () => {
    await watch();
    const pid = watcher(terminal);
    terminal.close();
    await until('it to end', () => !isRunning(pid));
    terminal = new Tmux(house);
    await terminal.shows(prompt);
  });

  test('2,000 jobs are paged without waiting for the next look', async () => {
    for (let number = 0; number < 2000; number++)
      house.job(
        `many-${String(number).padStart(4, '0')}`,
        `name: N\ncommand: /bin/true\nschedule: "0 ${number % 24} * * *"\n`,
      );
    await watch();
    await terminal.shows(/^2004 jobs: /m);
    terminal.keys('G');
    await terminal.shows(/^>many-1999 /m);
    terminal.keys('g', 'PageDown');
    await terminal.shows(/^>many-00\d\d /m);
    terminal.keys('/', '1', '2', '3', '4', 'Enter');
    await terminal.shows(/^>many-1234 /m);
    terminal.keys('C-c');
    await given(130);
  });
});

/** The process of jobctl below the shell. */
function watcher(terminal: Tmux): number {
  const shell = terminal.shellPid();
  const found = readdirSync('/proc').find(
    (name) => /^\d+$/.test(name) && parentOf(name) === shell && readOf(name, 'cmdline').includes('status'),
  );
  if (found === undefined) throw new Error('no jobctl runs below the shell');
  return Number(found);
}

function parentOf(pid: string): number {
  return Number(/\) \S (\d+) /.exec(readOf(pid, 'stat'))?.[1]);
}

/** Empty when the process has ended. */
function readOf(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

function isRunning(pid: number): boolean {
  return readOf(String(pid), 'cmdline') !== '';
}
