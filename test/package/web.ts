/** The package with the page for browsers: what it brings, that it starts nothing by itself, who can open the page, and its purge. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Machine, noMachine, packageFile, until, version, webPackageFile } from './machine.ts';

const socket = '/run/process-control-web/view.sock';

describe('the package of the page, from its installation to its purge', { skip: noMachine }, () => {
  let machine: Machine;
  before(async () => {
    machine = await Machine.boot();
    machine.install(packageFile);
    machine.write('/var/lib/process-control/hello.yaml', 'name: Say hello\ncommand: /bin/echo hello from the log\n');
    machine.must('run-job hello');
    machine.install(webPackageFile);
  });
  after(() => machine.close());

  test('it brings the program with its man page and completion, a unit that nothing has enabled, and no process', () => {
    assert.equal(machine.must('process-control-web --version'), `process-control-web ${version}\n`);
    assert.ok(machine.has('/usr/share/bash-completion/completions/process-control-web'));
    assert.ok(machine.has('/usr/share/man/man8/process-control-web.8.gz'));
    assert.ok(machine.has('/lib/systemd/system/process-control-web.service'));
    assert.equal(machine.must('find /etc/systemd /var/lib/systemd -path "*.wants/process-control-web*"'), '');
    assert.equal(machine.must('pgrep -f "[b]oot.cjs process-control-web" || true'), '');
    assert.match(machine.must('id process-control-web'), /\(adm\)/);
    assert.equal(machine.must('ls /usr/share/process-control/process-control-web.cjs | wc -l'), '1\n');
  });

  test('as the unit starts it, a member of adm can open it, sees the log, and nobody else can', async () => {
    machine.must('install -d -m 750 -o process-control-web -g adm /run/process-control-web');
    machine.begin(
      'exec setpriv --reuid=process-control-web --regid=adm --init-groups env RUNTIME_DIRECTORY=/run/process-control-web process-control-web',
    );
    await until('the page answers', () => machine.has(socket));
    assert.equal(machine.must(`stat -c "%U:%G %a" ${socket}`), 'process-control-web:adm 660\n');
    machine.must('useradd --groups adm ada; useradd eve');
    const asked = (user: string, target: string) =>
      machine.sh(
        `setpriv --reuid=${user} --regid=${user} --init-groups perl -MIO::Socket::UNIX -e '
          my $s = IO::Socket::UNIX->new(Peer => shift) or die "refused\\n";
          print $s "GET " . shift . " HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n"; print <$s>' ${socket} ${target}`,
      );
    assert.match(asked('ada', '/jobs/hello').stdout, /Say hello/);
    assert.match(asked('ada', '/api/v1/jobs/hello').stdout, /"state":"ok"/);
    assert.match(asked('eve', '/').stderr, /refused/);
    machine.must('pkill -TERM -u process-control-web');
    await until('it has ended', () => !machine.has(socket));
  });

  test('removed and purged, it leaves its user alone, and the jobs go on', () => {
    machine.must('rm -r /run/process-control-web; apt-get purge -y process-control-web');
    const left = machine
      .made('process-control-web', '/etc', '/var', '/usr', '/lib')
      .filter((file) => !file.startsWith('/var/lib/dpkg/'));
    assert.deepEqual(left, []);
    machine.must('run-job hello');
    assert.match(machine.must('getent passwd process-control-web'), /nologin$/m);
  });
});
