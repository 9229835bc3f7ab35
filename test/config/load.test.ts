import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Request } from '../../src/config/sources.ts';
import { validateJobText } from '../../src/job/load.ts';
import type { Caller, User } from '../../src/system/types/user.ts';
import { formatProblem } from '../../src/text/problem.ts';
import { type FakeFile, memoryFiles, memoryUsers } from '../fakes/files.ts';

const root: User = { name: 'root', uid: 0, gid: 0, home: '/root', shell: '/bin/bash' };
const service: User = { name: 'process-control', uid: 900, gid: 900, home: '/nonexistent', shell: '/usr/sbin/nologin' };
const jenkins: User = { name: 'jenkins', uid: 1500, gid: 1500, home: '/var/lib/jenkins', shell: '/bin/bash' };
const alice: User = { name: 'alice', uid: 1000, gid: 1000, home: '/home/alice', shell: '/bin/bash' };
const users = memoryUsers(root, service, jenkins, alice);
const systemFile = '/etc/process-control.yaml';

function callerOf(user: User, environment: Caller['environment'] = {}): Caller {
  return { uid: user.uid, euid: user.uid, pid: 1, hostName: 'web1', environment };
}

interface Case {
  readonly caller?: Caller;
  readonly files?: Readonly<Record<string, FakeFile>>;
  readonly request?: Request;
}

function load({ caller = callerOf(root), files = {}, request = {} }: Case): {
  readonly config?: Config;
  readonly said: readonly string[];
} {
  const result = loadConfig({ files: memoryFiles(files), users, caller }, request);
  return result.ok
    ? { config: result.value, said: result.warnings.map(formatProblem) }
    : { said: result.problems.map(formatProblem) };
}

const defaults = {
  cronTemplate: '# Generated from {source}\n{schedule} {user} {command}\n',
  runnerPath: '/usr/bin/run-job',
  serviceUser: service,
  searchPath: '/usr/bin:/bin:/usr/sbin:/sbin',
  trust: 'warn',
  passEnvironment: [],
  jobDefaults: {},
  jobDirectory: '/var/lib/process-control',
  outputCrontab: '/etc/cron.d/process-control',
  outputDirectory: '/var/log/process-control',
  runDirectory: '/run/process-control',
  stateDirectory: '/var/lib/process-control-state',
  logging: { level: 'info', format: 'text', console: false },
  logRetention: {},
  historyBytes: 512 * 1024,
  onInvalidJob: 'keep',
  trustedOwnerUids: [0],
  portRange: { first: 31_000, last: 32_000 },
  web: { basePath: '', hosts: [] },
  sources: [],
  embedded: false,
};

test('without a configuration root and the service user have the defaults', () => {
  for (const user of [root, service])
    assert.deepEqual(load({ caller: callerOf(user) }), { config: defaults, said: [] });
});

test('the shipped configuration equals the defaults, except that it keeps logs for 90 days and sets trust: strict', () => {
  const shipped = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../../etc/process-control.yaml');
  const { config, said } = load({ files: { [systemFile]: { text: readFileSync(shipped, 'utf8') } } });
  assert.deepEqual(
    { config, said },
    {
      config: { ...defaults, logRetention: { days: 90 }, trust: 'strict', sources: [systemFile] },
      said: [],
    },
  );
});

test('the examples in comments of the shipped configuration are valid', () => {
  const shipped = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../../etc/process-control.yaml');
  // Prose has one blank behind its #, a key has none, a key of a mapping has two.
  const text = readFileSync(shipped, 'utf8').replace(/^( *)#(?=\w| {2})/gm, '$1');
  const { config, said } = load({ files: { [systemFile]: { text } } });
  assert.deepEqual(said, []);
  assert.equal(config?.mail?.by, 'smtp');
  assert.equal(config?.logging.file, '/var/log/process-control/process-control.log');
});

test('the page has a socket, a group, a base path and names; a path that is none is refused', () => {
  const web = (text: string) => load({ files: { [systemFile]: { text: `web: ${text}\n` } } });
  const { config, said } = web('{socket: /srv/./web.sock, group: 4, base_path: /a/b.c, hosts: [Shop.Example.org]}');
  assert.deepEqual(said, []);
  assert.deepEqual(config?.web, {
    socket: '/srv/web.sock',
    group: '4',
    basePath: '/a/b.c',
    hosts: ['shop.example.org'],
  });
  for (const text of [
    ...['/', 'a', '/a/', '/..', '/a/../b', '/a//b', '/<a>', '/a?b'].map((base) => `{base_path: "${base}"}`),
    ...['a:80', 'http://a', '*', 'a b', '-a', ''].map((host) => `{hosts: ["${host}"]}`),
    '{socket: web.sock}',
    '{group: "a b"}',
    '{port: 80}',
  ])
    assert.match(web(text).said[0] ?? '', /^\/etc\/process-control\.yaml:1:/, text);
});

test('drop-ins are read in the order of their names, and later ones win key by key', () => {
  const { config, said } = load({
    files: {
      [systemFile]: { text: 'user: jenkins\njob_directory: /srv/jobs\ndefault_job_config: {timeout: 5, nice: 5}\n' },
      '/etc/process-control.d/20-b.yaml': { text: 'job_directory: /srv/b\n' },
      '/etc/process-control.d/10-a.yaml': { text: 'job_directory: /srv/a\ndefault_job_config: {timeout: 9}\n' },
      '/etc/process-control.d/.30-c.yaml': { text: 'job_directory: /srv/c\n' },
      '/etc/process-control.d/40-d.yaml.dpkg-old': { text: 'job_directory: /srv/d\n' },
    },
  });
  assert.deepEqual(said, []);
  assert.equal(config?.serviceUser.name, 'jenkins');
  assert.equal(config?.jobDirectory, '/srv/b');
  assert.deepEqual(config?.jobDefaults, { timeout: 9 });
  assert.deepEqual(config?.sources, [
    systemFile,
    '/etc/process-control.d/10-a.yaml',
    '/etc/process-control.d/20-b.yaml',
  ]);
});

test('every problem of every file is reported with its place', () => {
  const { config, said } = load({
    files: {
      [systemFile]: { text: 'usr: jenkins\ndefault_job_config:\n  timeout: soon\n  comand: x\n' },
      '/etc/process-control.d/a.yaml': { text: 'run_directory: run\nlogging: {level: loud}\n' },
    },
  });
  assert.equal(config, undefined);
  assert.deepEqual(said, [
    '/etc/process-control.yaml:1:1: unknown key "usr"; did you mean "user"?',
    '/etc/process-control.yaml:3:12: "default_job_config.timeout" must be a number of minutes (0 for no limit), or a duration such as 90s or 2h30m, found "soon"',
    '/etc/process-control.yaml:4:3: unknown key "default_job_config.comand"; did you mean "command"?',
    '/etc/process-control.d/a.yaml:1:16: "run_directory" must be an absolute path, found "run"',
    '/etc/process-control.d/a.yaml:2:18: "logging.level" must be debug, info, warn or error, found "loud"',
  ]);
});

test('paths are normalised', () => {
  const { config } = load({
    files: {
      [systemFile]: {
        text: 'job_directory: /srv//jobs/../work/./x/\noutput_crontab: /etc//cron.d/pc\nstate_directory: /..\n',
      },
    },
  });
  assert.equal(config?.jobDirectory, '/srv/work/x');
  assert.equal(config?.outputCrontab, '/etc/cron.d/pc');
  assert.equal(config?.stateDirectory, '/');
});

test('the crontab may go to the console', () => {
  assert.equal(
    load({ files: { [systemFile]: { text: 'output_crontab: console\n' } } }).config?.outputCrontab,
    'console',
  );
});

test('the run-job beside the program is the default of runner_path', () => {
  const request = { runnerPath: '/opt/pc/bin/run-job' };
  assert.equal(load({ request }).config?.runnerPath, '/opt/pc/bin/run-job');
  const files = { [systemFile]: { text: 'runner_path: /usr/local/bin/run-job\n' } };
  assert.equal(load({ request, files }).config?.runnerPath, '/usr/local/bin/run-job');
});

test('the service user may be a uid, and must exist', () => {
  const withUser = (text: string) => load({ files: { [systemFile]: { text } } });
  assert.deepEqual(withUser('user: 1500').config?.serviceUser, jenkins);
  assert.deepEqual(
    withUser('x_: 1\nuser: nobody-here').said.at(-1),
    '/etc/process-control.yaml:1:1: unknown key "x_"; a key of your own must start with "_"',
  );
  assert.deepEqual(withUser('user: nobody-here').said, [
    '/etc/process-control.yaml:1:7: "user" must be a user of this host, found "nobody-here"',
  ]);
  const none = loadConfig({ files: memoryFiles({}), users: memoryUsers(root), caller: callerOf(root) });
  assert.deepEqual(none.ok ? [] : none.problems.map(formatProblem), [
    '/etc/process-control.yaml: there is no user "process-control", which is the default of "user"; create it, or set "user"',
  ]);
});

test('an untrusted owner of the job directory, or a group that can write it, is a warning, and an error under trust: strict', () => {
  for (const [mode, uid, words] of [
    [0o775, 0, 'a group can write /jobs: chmod g-w /jobs'],
    [0o755, 1500, 'the owner of /jobs (uid 1500) is not among "trusted_owners"'],
  ] as const) {
    const said = (more: string) =>
      load({
        files: { [systemFile]: { text: `job_directory: /jobs\n${more}` }, '/jobs': { kind: 'directory', mode, uid } },
      });
    assert.deepEqual(said('').said, [`/etc/process-control.yaml:1:16: warning: ${words}`]);
    assert.deepEqual(said('trust: strict\n').said, [`/etc/process-control.yaml:1:16: ${words}`]);
    assert.equal(said('trust: strict\n').config, undefined);
    assert.deepEqual(said('trusted_owners: [jenkins]\n').said.length, mode === 0o775 ? 1 : 0);
  }
});

test('the service user is not root, by any name or number', () => {
  for (const user of ['root', '0', 'toor']) {
    const files = memoryFiles({ [systemFile]: { text: `user: ${user}\n` } });
    const everybody = memoryUsers(root, { ...root, name: 'toor' });
    const result = loadConfig({ files, users: everybody, caller: callerOf(root) });
    assert.match(result.ok ? '' : result.problems.map(formatProblem).join(), /"user" must not be root \(uid 0\)/, user);
  }
});

test('trusted owners must be users of the host', () => {
  const { config, said } = load({ files: { [systemFile]: { text: 'trusted_owners: [root, alice, 1500, gone]\n' } } });
  assert.deepEqual(config?.trustedOwnerUids, [0, 1000, 1500]);
  assert.deepEqual(said, [
    '/etc/process-control.yaml:1:17: warning: "trusted_owners" has "gone", and this host has no such user',
  ]);
});

test('mail is sent by sendmail or SMTP, never by both', () => {
  const mail = (text: string) => load({ files: { [systemFile]: { text } } });
  assert.deepEqual(mail('mail: {sendmail: /usr/lib/sendmail}').config?.mail, {
    by: 'sendmail',
    path: '/usr/lib/sendmail',
  });
  assert.deepEqual(mail('mail: {smtp: {host: mx}}').config?.mail, { by: 'smtp', host: 'mx', secure: false });
  assert.deepEqual(
    mail('mail: {smtp: {host: mx, port: 465, secure: yes, user: u, password_file: /etc/p}}').config?.mail,
    {
      by: 'smtp',
      host: 'mx',
      port: 465,
      secure: true,
      user: 'u',
      passwordFile: '/etc/p',
    },
  );
  for (const text of ['mail: {}', 'mail: {sendmail: /s, smtp: {host: mx}}']) {
    assert.match(mail(text).said.join(), /"mail" must be either "sendmail" or "smtp", found a mapping/);
  }
  assert.match(mail('mail: {smtp: {port: 25}}').said.join(), /"mail.smtp.host" is missing/);
});

test('a job directory that everyone can write is refused', () => {
  const said = (mode: number) =>
    load({
      files: { [systemFile]: { text: 'job_directory: /srv/jobs\n' }, '/srv/jobs': { kind: 'directory', mode } },
    }).said;
  const start = '/etc/process-control.yaml:1:16: everyone can write /srv/jobs, so anyone could have jobs run: ';
  assert.deepEqual(said(0o777), [`${start}chmod o-w /srv/jobs`]);
  assert.deepEqual(said(0o1777), [`${start}keep the job files where only root can write`], 'nobody changes /tmp');
});

test("a run directory that everyone can write is not used for locks, but the predecessor's locks in it are respected", () => {
  const files = {
    [systemFile]: { text: 'run_directory: /tmp\n' },
    '/tmp': { kind: 'directory', mode: 0o1777 },
  } as const;
  const { config, said } = load({ files });
  assert.equal(config?.runDirectory, '/run/process-control');
  assert.equal(config?.predecessorRunDirectory, '/tmp');
  assert.deepEqual(said, [
    '/etc/process-control.yaml:1:16: warning: everyone can write /tmp, so anyone could forge locks: locks are kept in /run/process-control, a predecessor\'s are still respected; set "run_directory" to /run/process-control when it is gone',
  ]);
});

test('a default run directory that everyone can write is refused', () => {
  const { said } = load({ files: { '/run/process-control': { kind: 'directory', mode: 0o777 } } });
  assert.deepEqual(said, [
    '/etc/process-control.yaml: everyone can write /run/process-control, so anyone could forge locks: give it to the service user alone',
  ]);
});

test('log retention is converted to numbers, and limits that are not written are absent', () => {
  const of = (text: string) =>
    load({ files: { [systemFile]: { text: `log_retention: ${text}\n` } } }).config?.logRetention;
  assert.deepEqual(of('{days: 90}'), { days: 90 });
  assert.deepEqual(of('{runs: 0, bytes: 1K, total_bytes: 2K, compress_after: 0.5}'), {
    runs: 0,
    bytes: 1024,
    totalBytes: 2048,
    compressAfterDays: 0.5,
  });
  assert.equal(of('{weeks: 3}'), undefined);
});

test('the size of a history is converted, and one that is out of bounds is refused', () => {
  const of = (text: string) => load({ files: { [systemFile]: { text: `history: ${text}\n` } } });
  assert.equal(of('{}').config?.historyBytes, 512 * 1024);
  assert.equal(of('{bytes: 2M}').config?.historyBytes, 2 * 1024 * 1024);
  assert.equal(of('{bytes: 65536}').config?.historyBytes, 65_536);
  for (const bytes of ['63K', '17M', '0'])
    assert.match(
      of(`{bytes: ${bytes}}`).said.join('\n'),
      new RegExp(`:1:10: "history.bytes" must be from 64K to 16M, found ${bytes}`),
    );
});

const predecessor = `cron_template: |
        # Generated from {source}
        {schedule} {user} {command}

runner_path: /usr/bin/run-job
user: jenkins
default_job_config:
    failmail:
        from_address: "Fail Mail <jobs@example.org>"
        to_address: "ops@example.org"
    timeout: 10
job_directory: /var/lib/process-control
logging:
    version: 1
    formatters:
        short:
            format: 'run-job[%(process)d]: %(message)s'
    handlers:
        syslog:
            address: /dev/log
            class: logging.handlers.SysLogHandler
            level: DEBUG
            facility: daemon
            formatter: short
    loggers:
        process-control:
            handlers:
                - syslog
            level: DEBUG
    disable_existing_loggers: false
output_crontab: /etc/cron.d/process-control
output_directory: /var/log/process-control
run_directory: /tmp
`;

test("a predecessor's configuration goes on working, with warnings", () => {
  const files = { [systemFile]: { text: predecessor }, '/tmp': { kind: 'directory', mode: 0o1777 } } as const;
  const { config, said } = load({ files });
  assert.deepEqual(config, {
    ...defaults,
    serviceUser: jenkins,
    jobDefaults: {
      failmail: { from_address: 'Fail Mail <jobs@example.org>', to_address: 'ops@example.org' },
      timeout: 10,
    },
    predecessorRunDirectory: '/tmp',
    logging: { level: 'debug', format: 'text', console: false, syslog: { facility: 'daemon' } },
    sources: [systemFile],
  });
  assert.equal(said.length, 2);
  assert.match(
    said[1] ?? '',
    /:14:5: warning: these parts of the Python logging configuration are not used: formatters$/,
  );
  for (const line of said) assert.match(line, /: warning: /);
  const job = validateJobText(
    { file: 'j', bytes: new TextEncoder().encode('name: a\ncommand: b\n') },
    config?.jobDefaults ?? {},
  );
  assert.equal(job.ok && job.value.timeoutSeconds, 600);
});

const own = '/home/alice/.config/process-control';
const aliceHome = { '/home/alice': { kind: 'directory', uid: 1000, mode: 0o755 } } as const;
const aliceDirs = {
  ...aliceHome,
  '/home/alice/.config': { kind: 'directory', uid: 1000, mode: 0o700 },
  [own]: { kind: 'directory', uid: 1000, mode: 0o755 },
} as const;

test('without a configuration every other user has a process-control of their own', () => {
  const { config, said } = load({ caller: callerOf(alice) });
  assert.deepEqual(said, []);
  assert.deepEqual(config, {
    ...defaults,
    serviceUser: alice,
    jobDirectory: `${own}/jobs`,
    outputCrontab: `${own}/crontab`,
    outputDirectory: '/home/alice/.local/state/process-control/log',
    runDirectory: '/home/alice/.local/state/process-control/run',
    stateDirectory: '/home/alice/.local/state/process-control',
    trustedOwnerUids: [0, 1000],
    portRange: { first: 31_000, last: 32_000 },
    embedded: true,
  });
});

test("the directories of a user's own process-control follow the XDG variables if they are absolute", () => {
  const environment = {
    HOME: '/h',
    XDG_CONFIG_HOME: '/c',
    XDG_STATE_HOME: 'relative',
    XDG_RUNTIME_DIR: '/run/user/1000',
  };
  const { config } = load({ caller: callerOf(alice, environment) });
  assert.equal(config?.jobDirectory, '/c/process-control/jobs');
  assert.equal(config?.stateDirectory, '/h/.local/state/process-control');
  assert.equal(config?.runDirectory, '/run/user/1000/process-control');
});

test("the configuration of a user's own process-control overrides single keys", () => {
  const files = {
    ...aliceDirs,
    [`${own}/process-control.yaml`]: { text: 'default_job_config: {timeout: 5}\n', uid: 1000 },
  };
  const { config, said } = load({ caller: callerOf(alice), files });
  assert.deepEqual(said, []);
  assert.deepEqual(config?.jobDefaults, { timeout: 5 });
  assert.equal(config?.jobDirectory, `${own}/jobs`);
  assert.deepEqual(config?.sources, [`${own}/process-control.yaml`]);
  assert.equal(config?.embedded, true);
});

test("the configuration of a user's own process-control may belong to root", () => {
  const files = { ...aliceDirs, [`${own}/process-control.yaml`]: { text: 'user: alice\n' } };
  assert.equal(load({ caller: callerOf(alice), files }).config?.jobDirectory, `${own}/jobs`);
});

test('if the host has a configuration, no user has a process-control of their own', () => {
  const mine = { ...aliceDirs, [`${own}/process-control.yaml`]: { text: 'job_directory: /mine\n', uid: 1000 } };
  for (const system of [systemFile, '/etc/process-control.d/a.yaml']) {
    const { config } = load({ caller: callerOf(alice), files: { ...mine, [system]: { text: 'user: jenkins\n' } } });
    assert.equal(config?.embedded, false);
    assert.equal(config?.jobDirectory, '/var/lib/process-control');
    assert.equal(config?.serviceUser.name, 'jenkins');
  }
});

test("a host configuration that can't be read is a problem, not a reason to use the user's own", () => {
  const files = { [systemFile]: { refused: 'this user may not read it' } };
  assert.deepEqual(load({ caller: callerOf(alice), files }).said, [
    '/etc/process-control.yaml: this user may not read it',
  ]);
  assert.deepEqual(load({ caller: callerOf(alice), files: { [systemFile]: { target: '/nowhere' } } }).said, [
    '/etc/process-control.yaml: this link does not lead to a file',
  ]);
});

test('a configuration that is named is the only one that is read', () => {
  const files = {
    [systemFile]: { text: 'job_directory: /etc-jobs\n' },
    '/etc/process-control.d/a.yaml': { text: 'job_directory: /drop-in\n' },
    '/opt/pc.yaml': { text: 'job_directory: /opt/jobs\n' },
    '/opt/other.yaml': { text: 'job_directory: /other\n' },
  };
  const environment = { PROCESS_CONTROL_CONFIG: '/opt/other.yaml' };
  const byOption = load({ caller: callerOf(root, environment), files, request: { named: '/opt/pc.yaml' } });
  assert.equal(byOption.config?.jobDirectory, '/opt/jobs');
  assert.equal(byOption.config?.namedFile, '/opt/pc.yaml');
  assert.deepEqual(byOption.config?.sources, ['/opt/pc.yaml']);
  assert.equal(load({ caller: callerOf(root, environment), files }).config?.jobDirectory, '/other');
  assert.equal(
    load({ caller: callerOf(root, { PROCESS_CONTROL_CONFIG: '' }), files }).config?.jobDirectory,
    '/drop-in',
  );
  assert.deepEqual(load({ files, request: { named: '/opt/none.yaml' } }).said, [
    '/opt/none.yaml: there is no such file',
  ]);
});

test("a named file of root's configures the host, a named file of the user's configures the user's own process-control", () => {
  const files = {
    ...aliceDirs,
    '/opt/pc.yaml': { text: 'user: jenkins\n' },
    [`${own}/mine.yaml`]: { text: 'default_job_config: {nice: 1}\n', uid: 1000 },
  };
  const rootsFile = load({ caller: callerOf(alice), files, request: { named: '/opt/pc.yaml' } });
  assert.equal(rootsFile.config?.embedded, false);
  assert.equal(rootsFile.config?.jobDirectory, '/var/lib/process-control');
  const mine = load({ caller: callerOf(alice), files, request: { named: `${own}/mine.yaml` } });
  assert.equal(mine.config?.embedded, true);
  assert.equal(mine.config?.jobDirectory, `${own}/jobs`);
});

test('a caller whose uid is no user gets a message that says so', () => {
  const nobody: Caller = { uid: 4242, euid: 4242, pid: 1, hostName: 'web1', environment: {} };
  assert.deepEqual(load({ caller: nobody }).said, [
    '/etc/process-control.yaml: this host has no user with the uid 4242',
  ]);
});

test('a drop-in that is not read because of its name is a warning', () => {
  const { said } = load({
    files: {
      [systemFile]: { text: 'user: jenkins\n' },
      '/etc/process-control.d/10-site.yml': { text: 'user: nobody\n' },
      '/etc/process-control.d/20-more.yaml.dpkg-old': { text: '' },
    },
  });
  assert.deepEqual(said, [
    '/etc/process-control.d/10-site.yml: warning: this file is not read, because its name does not end in ".yaml"; rename it to "10-site.yaml"',
  ]);
});

test('process-control.yml is a warning if there is no process-control.yaml', () => {
  const twin = { '/etc/process-control.yml': { text: '' } };
  const words =
    '/etc/process-control.yml: warning: this file is not read, because its name does not end in ".yaml"; rename it to "process-control.yaml"';
  assert.deepEqual(load({ files: { ...twin } }).said, [words]);
  assert.deepEqual(load({ files: { ...twin, [systemFile]: { text: 'user: jenkins\n' } } }).said, []);
});

test('pools have each host once, in any spelling; a host has the name that the system gives it', () => {
  const text = 'fleet: {pools: {web: [WEB1, web2.example.org., web1], spare: []}}\n';
  const { config, said } = load({ files: { [systemFile]: { text } } });
  assert.deepEqual(config?.fleet, { host: 'web1', pools: { web: ['web1', 'web2.example.org'], spare: [] } });
  assert.deepEqual(said, [
    `${systemFile}:1:8: warning: "fleet.pools" has web1 more than once in "web"; it counts once`,
  ]);
  assert.equal(load({}).config?.fleet, undefined);
});

test('a host can name itself in one file, and the pools stand in another', () => {
  const files = {
    [systemFile]: { text: 'fleet: {pools: {web: [a, b]}}\n' },
    '/etc/process-control.d/host.yaml': { text: 'fleet: {host: A.}\n' },
  };
  assert.deepEqual(load({ files }).config?.fleet, { host: 'a', pools: { web: ['a', 'b'] } });
});

test('a pool of another form is a problem of the configuration', () => {
  for (const fleet of ['{pools: {web: a}}', '{pools: {web: [a b]}}', '{pools: {-x: []}}', '{pools: [a]}', '{host: ""}'])
    assert.equal(load({ files: { [systemFile]: { text: `fleet: ${fleet}\n` } } }).config, undefined, fleet);
});

test('the way to etcd has absolute paths, each endpoint once, and a prefix', () => {
  const etcd =
    '{endpoints: ["https://e1:2379/", "https://e1:2379"], user: u, password_file: /etc/./p, cert_file: /c, key_file: /k}';
  const { config, said } = load({ files: { [systemFile]: { text: `fleet: {etcd: ${etcd}}\n` } } });
  assert.deepEqual(said, []);
  assert.deepEqual(config?.fleet?.etcd, {
    ...{ endpoints: ['https://e1:2379'], prefix: '/process-control/', user: 'u', passwordFile: '/etc/p' },
    ...{ certFile: '/c', keyFile: '/k' },
  });
});

test('what belongs together in "fleet.etcd" is there together, and a password is not sent in the clear', () => {
  for (const [rest, words] of [
    ['"https://e1:2379"], cert_file: /c', /has "cert_file", so it needs "key_file"/],
    ['"https://e1:2379"], key_file: /k', /has "key_file", so it needs "cert_file"/],
    ['"https://e1:2379"], user: u', /has "user", so it needs "password_file"/],
    ['"https://e1:2379"], password_file: /p', /has "password_file", so it needs "user"/],
    [
      '"https://e1:2379", "http://127.example.org:2379"], user: u, password_file: /p',
      /to http:\/\/127.example.org:2379 its/,
    ],
    ['"https://e1"]', /a URL such as https:\/\/etcd1:2379/],
    ['"ftp://e1:2379"]', /a URL such as https:\/\/etcd1:2379/],
    [']', /a list of URLs/],
    ['"https://e1:2379"], prefix: /a', /names between slashes/],
  ] as const) {
    const { config, said } = load({ files: { [systemFile]: { text: `fleet: {etcd: {endpoints: [${rest}}}\n` } } });
    assert.equal(config, undefined, rest);
    assert.match(said.join('\n'), words, rest);
  }
  const own = '"http://127.0.0.1:1", "http://localhost:2", "http://[::1]:3"], user: u, password_file: /p';
  assert.deepEqual(load({ files: { [systemFile]: { text: `fleet: {etcd: {endpoints: [${own}}}\n` } } }).said, []);
});
