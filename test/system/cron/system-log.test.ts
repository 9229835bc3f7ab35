/**
 * The reasons why no line of cron can be read: a missing file, or one that the caller may not read.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { readSystemLog } from '../../../src/system/cron/system-log.ts';

/** Far from any journal. */
const span = { fromMs: 0, untilMs: 60_000 };
const isRoot = process.getuid?.() === 0;

test('a missing syslog file, one without cron, and a readable one give different answers', () => {
  const directory = mkdtempSync('/tmp/pc-system-log-');
  try {
    const file = path.join(directory, 'syslog');
    const reason = () => {
      const answer = readSystemLog(span, [file]);
      return answer.is === 'missing' ? answer.reason : answer.source;
    };
    assert.match(reason(), /no log of cron can be read: no syslog file has a word of it, and /);
    writeFileSync(file, 'Nov 29 10:00:00 host sshd[1]: hello\n');
    assert.match(reason(), /no syslog file has a word of it/);
    writeFileSync(file, 'Nov 29 10:00:00 host cron[1]: (CRON) INFO\n');
    assert.equal(reason(), file);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('a syslog file that the caller may not read is named, and not reported as missing', () => {
  const directory = mkdtempSync('/tmp/pc-system-log-');
  try {
    chmodSync(directory, 0o755);
    const file = path.join(directory, 'syslog');
    writeFileSync(file, 'Nov 29 10:00:00 host cron[1]: (CRON) INFO\n', { mode: 0o000 });
    const module = pathToFileURL(path.resolve(import.meta.dirname, '../../../src/system/cron/system-log.js')).href;
    const script = `
      if (process.getuid() === 0) { process.setgroups([]); process.setegid(65534); process.seteuid(65534); }
      const answer = readSystemLog(${JSON.stringify(span)}, [${JSON.stringify(file)}]);
      console.log(answer.reason);`;
    const source = `import { readSystemLog } from ${JSON.stringify(module)};${script}`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', source], { encoding: 'utf8' });
    assert.match(stdout, new RegExp(`${file} can't be read by you \\(root and the group adm may\\), and `), stderr);
    assert.doesNotMatch(stdout, /no syslog file/);
  } finally {
    if (isRoot) chmodSync(directory, 0o755);
    rmSync(directory, { recursive: true });
  }
});
