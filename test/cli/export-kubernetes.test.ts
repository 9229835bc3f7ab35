import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { plainTemplate } from '../fleet/export/kubernetes/scene.ts';
import { House } from './house.ts';

const lossy = 'name: Lossy\ncommand: echo 1\nschedule: "0 3 * * *"\nlocks: [db]\n';
const plain = 'name: Plain\ncommand: echo 1\nschedule: "0 3 * * *"\ntime_zone: Europe/Berlin\nsplay: 5m\n';
const broken = 'name: Broken\ncommand: echo 1\nschedule: "61 3 * * *"\n';

describe('cron-generate --target kubernetes', () => {
  const house = new House({ lossy, plain, broken });
  after(() => house.remove());
  const generate = (args: readonly string[], environment?: Readonly<Record<string, string>>) =>
    house.run('cron-generate', ['--target', 'kubernetes', ...args], environment === undefined ? {} : { environment });

  test('without a template it says which key is missing', async () => {
    const { code, stdout, stderr } = await generate([]);
    assert.deepEqual([code, stdout], [78, '']);
    assert.match(stderr, /kubernetes_template: is not set/);
  });

  test('each job is printed or its loss is named, a broken one too, and the exit code tells', async () => {
    const template = house.path('template.yaml');
    writeFileSync(template, plainTemplate);
    appendFileSync(house.configFile, `kubernetes_template: ${template}\n`);
    const strict = await generate(['--json']);
    const answer = JSON.parse(strict.stdout);
    assert.equal(strict.code, 1);
    assert.deepEqual(
      answer.kubernetes.map((object: { metadata: { name: string } }) => object.metadata.name),
      ['plain'],
    );
    const told = answer.problems.map((problem: { severity: string; file: string; message: string }) => problem);
    for (const [slug, words] of [
      ['lossy', '"locks" would be lost'],
      ['plain', '"splay"'],
      ['broken', '61'],
    ] as const)
      assert.ok(
        told.some(
          ({ file, message }: { file: string; message: string }) =>
            file.endsWith(`${slug}.yaml`) && message.includes(words),
        ),
        slug,
      );
    const allowed = await generate(['--allow-loss', 'locks,umask']);
    assert.equal(allowed.code, 1, 'one job is broken');
    assert.match(allowed.stdout, /name: lossy[\s\S]*process-control\/lost: "?locks[\s\S]*name: plain/);
    assert.match(allowed.stderr, /2 of 3 jobs printed/);
  });

  test('through sudo nothing is shown', async () => {
    const { code, stdout } = await generate([], { SUDO_USER: 'alice', SUDO_UID: '1000' });
    assert.deepEqual([code, stdout], [77, '']);
  });

  test('what does not go together is refused', async () => {
    for (const args of [['--allow-loss', 'nonsense'], ['--check'], ['--output', '/tmp/x'], ['--allow-loss', 'command']])
      assert.equal((await generate(args)).code, 64, args.join(' '));
    assert.equal((await house.run('cron-generate', ['--target', 'nomad'])).code, 64);
    assert.equal((await house.run('cron-generate', ['--allow-loss', 'locks'])).code, 64);
  });
});
