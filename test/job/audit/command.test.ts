/**
 * Warnings about commands, and commands without a warning; more warnings are in test/fixtures/jobs.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { splitCommand } from '../../../src/job/command.ts';
import { validateJobText } from '../../../src/job/load.ts';

function said(command: string | readonly string[]): readonly string[] {
  const text = JSON.stringify({ name: 'a', command });
  const result = validateJobText({ file: 'job.yaml', bytes: new TextEncoder().encode(text) }, {});
  return (result.ok ? result.warnings : result.problems).map(({ message }) => message);
}

const good = [
  ...['/bin/true', 'true', 'test -f /etc/hosts', '[ -f /etc/hosts ]', '/usr/bin/env FOO=bar /bin/env', 'env -i A=b c'],
  ...[
    'grep -E "a|b" /etc/hosts',
    "grep -v '^#' /etc/fstab",
    'grep "a # b" x',
    "sed -i 's/a/b/;s/c/d/' /x",
    "sed 's|/|_|g' /x",
  ],
  ...[
    "find /tmp -name '*.log' -mtime +7 -delete",
    'find /tmp -name *.log -delete',
    String.raw`find /tmp -type f -exec rm {} \;`,
  ],
  ...[
    'find /tmp -type f -exec rm {} +',
    'find /tmp -exec rm {} ;',
    'rsync -a --exclude=*.tmp --exclude *.bak /a/ host:/b/',
  ],
  ...[
    'bash -c "for i in 1 2; do echo $i; done"',
    "sh -c 'cd /srv && exec ./run >/dev/null 2>&1'",
    '/bin/bash -lc "source ~/.profile; x | y"',
  ],
  ...[
    'nice -n 5 bash -c "echo $HOME"',
    'timeout 5 sh -c "echo `date`"',
    'env A=b sh -c "echo $A"',
    'flock -n /run/x sh -c "echo $X"',
  ],
  ...['curl "http://x/?a=1&b=2"', 'curl https://x.example/?a=1&b=2#c', 'curl -fsS -m 10 https://hc-ping.com/uuid'],
  ...['date +%s', 'date "+%F %T"', "date '+%Y-%m-%d'", 'printf "100%%"', "mysql -e 'select * from t where a > 1;'"],
  ...[
    "awk '{print $1}' /etc/passwd",
    `awk -F: '$3 > 1000 { print $1 }' /etc/passwd`,
    "perl -ne 'print if /x|y/' /f",
    `python3 -c 'print("a; b & c")'`,
  ],
  ...[
    "docker ps --format '{{.Names}}'",
    "docker ps --format '{{json .}}'",
    'docker inspect -f "{{ .State.Status }}" x',
    'kubectl get pods -o jsonpath={.items}',
  ],
  ...[
    '/opt/My\\ App/run --now',
    '"/opt/My App/run"',
    '"/opt/My App/run" --now',
    'cp "/my file" /tmp',
    '/usr/bin/php /srv/cron.php',
    'python3 /srv/x.py',
    'sh /srv/x.sh',
  ],
  ...[
    'rsync -az root@host:/x /y',
    'ssh root@host /bin/true',
    'sudo -u www-data /bin/true',
    'su root -c /bin/true',
    'chown root /x',
    'git /x',
    'mail -s "nightly #5" root',
  ],
  ...[
    'backup --all',
    'postgres-backup /x',
    'rootcheck /bin',
    'nohup-like x',
    'exec-it /x',
    'cdrecord /x',
    'set-clock now',
    'time /bin/true',
    'ionice -c3 nice /bin/true',
  ],
  ...[
    'tar czf /b/x.tgz --exclude=*.o /src',
    'ls -l',
    'a-b -- -c',
    '0 4',
    './configure',
    'echo 1 2 3 4 5 6',
    'seq 1 10',
    'logger -t x "done: 100%"',
  ],
];

for (const command of good) test(`${command} runs as it reads`, () => assert.deepEqual(said(command), []));

test('the commands of the example jobs get no warning', () => {
  const folder = path.resolve(import.meta.dirname, '../../../../jobs.example');
  for (const name of readdirSync(folder)) {
    const result = validateJobText({ file: name, bytes: readFileSync(path.join(folder, name)) }, {});
    const all = result.ok ? result.warnings : result.problems;
    assert.deepEqual(
      all.filter(({ message }) => !/failmail|notify/.test(message)),
      [],
    );
  }
});

/** [command, words of the warning] */
const doubtful: readonly (readonly [string, RegExp])[] = [
  ['cd /srv', /"cd" changes only the shell .*; set "working_directory"/],
  ['nobody /bin/true', /"nobody" would be the program: .* begin with "\/bin\/true"/],
  ['FOO=bar BAZ=1 /bin/env', /would be called "FOO=bar".*"environment"/],
  ['~/bin/x', /would be called "~\/bin\/x".*write the whole path/],
  ['$HOME/bin/x', /"\$HOME" stays as it is/],
  ['ls ~/x', /"~" stays as it is.*write the whole path/],
  ['a | b', /"\|" stays as it is.*wrap it/],
  ['a > b', /leave the redirection out/],
  ['a && b', /write a list of commands/],
  ['a; b', /write a list of commands/],
  ['nohup a &', /leave out the "&" \(and nohup\)/],
  ['rm /tmp/*.log', /"\*" stays as it is/],
  ['cp {a,b}.txt /c', /"\{" stays as it is/],
  ['echo `date` $(id)', /"`", "\$\(".* stay as they are/],
  ['30 2 * * 1-5 /bin/true', /write "30 2 \* \* 1-5" as the "schedule"/],
  ['@reboot root /bin/true', /write "@reboot" as the "schedule".*without "root"/],
  ['date "+\\%F"', /gets "\\%" with its backslash/],
  ['if [ -f x ]', /"if" is a word of the shell/],
  ['"/bin/cp /a /b"', /the whole command is in quotes/],
];

for (const [command, words] of doubtful) {
  test(`${command} gets a warning`, () => assert.match(said(command).join('\n'), words));
}

/** Containers and exec(3) have the words of one command in a list. */
const splitCommands = [
  ['/bin/sh', '-c', 'cd /srv && ./run'],
  ['/usr/bin/rsync', '--archive', '/a/', '/b c/'],
  ['python3', '-m', 'http.server', '8000'],
  ['/bin/sh', '-c', "echo 'it is'; exit 3"],
] as const;
for (const words of splitCommands) {
  test(`a list of the words of one command gets a warning: ${JSON.stringify(words)}`, () => {
    const [message = '', ...others] = said(words);
    const [, offered = ''] =
      /^a list holds several commands, .*; write one command as one text: (.*)$/.exec(message) ?? [];
    assert.deepEqual(others, []);
    const answer = splitCommand(offered);
    assert.deepEqual(answer.ok && answer.command.words, words);
    assert.deepEqual(said(offered), []);
  });
}

test('a list of commands gets no warning', () => {
  for (const commands of [['/bin/true'], ['/bin/a -x', '/bin/b --long'], ['/bin/sh', 'true -c']])
    assert.deepEqual(said(commands), []);
});
