/** cron-generate is killed at every step at which it changes something, and at random ones. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { header } from '../../src/crontab/header.ts';
import { cronGenerate, notRoot, Scene } from './scene.ts';

const strace = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0;

/** An old crontab with a second part, and jobs that make another one without. */
class Upgrade extends Scene {
  readonly before: string;
  readonly after: string;
  readonly part = header(
    { directory: this.path('jobs'), home: '/', searchPath: '/usr/bin:/bin:/usr/sbin:/sbin', settings: [] },
    2,
    'process-control',
  );

  constructor() {
    super();
    for (const slug of ['a', 'b', 'c']) this.job(slug);
    this.generate();
    this.before = this.text();
    this.job('b', '7 7 * * *');
    this.job('d');
    this.generate();
    this.after = this.text();
  }

  restore(): void {
    writeFileSync(this.crontab, this.before, { mode: 0o644 });
    writeFileSync(this.path('process-control-2'), this.part, { mode: 0o644 });
  }

  /** What cron may see at any moment. */
  assertWhole(when: string): void {
    assert.ok(
      [this.before, this.after].includes(this.text()),
      `${when}: the crontab is neither the old nor the new one`,
    );
    const second = existsSync(this.path('process-control-2')) ? this.text('process-control-2') : undefined;
    assert.ok(second === undefined || second === this.part, `${when}: the second part is torn`);
  }

  assertNextRunWorks(when: string): void {
    assert.equal(this.generate().status, 0, when);
    assert.equal(this.text(), this.after, when);
    const names = readdirSync(this.directory).filter((name) => name.includes('process-control'));
    assert.deepEqual(names.sort(), ['process-control'], when);
  }
}

const steps = ['fchown', 'fchmod', 'utimensat', 'fsync', 'rename', 'unlink'];

test('killed at any step, it leaves a whole crontab, and the next run works', {
  skip: notRoot || (strace ? false : 'needs strace'),
}, () => {
  const scene = new Upgrade();
  try {
    const killed = new Set<string>();
    for (const step of steps) {
      // The first, the second… call, until there are no more.
      for (let count = 1; ; count += 1) {
        scene.restore();
        const inject = `inject=${step}:signal=KILL:when=${count}`;
        const command = [cronGenerate, '--config', scene.path('config.yaml')];
        const trace = ['-f', '-qq', '-o', '/dev/null', '-e', `trace=${step}`, '-e', inject];
        const { signal } = spawnSync('strace', [...trace, ...command], { env: scene.environment() });
        scene.assertWhole(`${step} ${count}`);
        if (signal === null) break;
        killed.add(step);
        scene.assertNextRunWorks(`${step} ${count}`);
        assert.ok(count < 20, step);
      }
    }
    assert.deepEqual([...killed], steps);
  } finally {
    scene.end();
  }
});

test('killed at random moments, it leaves a whole crontab, and the next run works', { skip: notRoot }, async () => {
  const scene = new Upgrade();
  try {
    for (let round = 0; round < 12; round += 1) {
      scene.restore();
      const child = spawn(cronGenerate, ['--config', scene.path('config.yaml')], {
        env: scene.environment(),
        stdio: 'ignore',
      });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      await new Promise((resolve) => setTimeout(resolve, 40 + Math.random() * 160));
      child.kill('SIGKILL');
      await ended;
      scene.assertWhole(`round ${round}`);
    }
    scene.assertNextRunWorks('in the end');
  } finally {
    scene.end();
  }
});
