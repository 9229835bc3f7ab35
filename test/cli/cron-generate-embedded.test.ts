/** A person without rights has a process-control of their own. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { cronGenerate, notRoot } from './scene.ts';

const uid = 65534;
const skip = notRoot || (existsSync('/etc/process-control.yaml') ? 'this machine has a configuration' : false);

function home(t: TestContext): string {
  const directory = mkdtempSync('/var/lib/pc-test-home-');
  t.after(() => rmSync(directory, { recursive: true }));
  for (const name of ['', '.config', '.config/process-control', '.config/process-control/jobs']) {
    mkdirSync(path.join(directory, name), { recursive: true });
    chownSync(path.join(directory, name), uid, uid);
  }
  const job = path.join(directory, '.config/process-control/jobs/mine.yaml');
  writeFileSync(job, 'name: Mine\ncommand: /bin/true\nschedule: "*/5 * * * *"\nfailmail: {to_address: nobody}\n');
  chownSync(job, uid, uid);
  return directory;
}

function as(uidOfCaller: number, environment: Record<string, string>) {
  const identity = [`--reuid=${uidOfCaller}`, `--regid=${uidOfCaller}`, '--clear-groups'];
  return spawnSync('setpriv', [...identity, cronGenerate], {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', ...environment },
  });
}

test('the crontab is written beside the configuration, and finds it again where cron gives no environment', {
  skip,
}, (t) => {
  const HOME = home(t);
  const { status, stderr } = as(uid, { HOME, XDG_STATE_HOME: `${HOME}/state` });
  assert.equal(status, 0, stderr);
  const crontab = path.join(HOME, '.config/process-control/crontab');
  const text = readFileSync(crontab, 'utf8');
  assert.match(
    text,
    new RegExp(`\nHOME=${HOME}\nMAILTO=""\nXDG_STATE_HOME=${HOME}/state\nPROCESS_CONTROL_TRIGGER=cron\n`),
  );
  assert.match(text, /\n\*\/5 \* \* \* \* nobody \S+\/run-job --job mine\n$/);
  assert.deepEqual([statSync(crontab).uid, statSync(crontab).mode & 0o7777], [uid, 0o644]);
  assert.match(stderr, /your crontab \(crontab -l\) differs; to change it: cron-generate --install\n$|is not known: /);
});
