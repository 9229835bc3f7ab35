/** Values that job files keep for their programs alone: of variables, addresses and files of secrets no view and no answer has a word. */
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { type WebScene, webScene } from './web-scene.ts';

const secret = 's3cr3t';
/** Each a file in order, or one with a problem beside or in the value. */
const files: Readonly<Record<string, string>> = {
  'has-variables': `command: /bin/true\nschedule: "1 1 * * *"\nenvironment: {TOKEN: "${secret}-a", URL: "https://${secret}.example"}\n`,
  'has-addresses': `command: /bin/true\nnotify: [{webhook: "https://hooks.example/${secret}"}, {url_file: /etc/${secret}-file, kind: ping}]\n`,
  'has-a-password': `command: /bin/true\nnotify: [{webhook: "https://hooks.example/x", password_file: /etc/${secret}-password}]\n`,
  'number-as-a-variable': `command: /bin/true\nenvironment: {TOKEN: [${secret}]}\n`,
  'text-as-environment': `command: /bin/true\nenvironment: "TOKEN=${secret}"\n`,
  'name-of-a-variable': `command: /bin/true\nenvironment: {"9 ${secret}": x}\n`,
  'nul-in-a-variable': `command: /bin/true\nenvironment: {TOKEN: "${secret}\\0"}\n`,
  'line-in-a-variable': `command: /bin/true\nenvironment: {TOKEN: "${secret}\\nx"}\n`,
  'odd-path': `command: no-such-program\nenvironment: {PATH: "${secret}:/usr/${secret}/bin"}\n`,
  'odd-user': `command: /bin/true\nenvironment: {USER: ${secret}, BASH_ENV: /${secret}}\n`,
  'address-of-no-kind': `command: /bin/true\nnotify: [{webhook: "ftp://${secret}.example/${secret}"}]\n`,
  'address-with-a-user': `command: /bin/true\nnotify: [{ping: "https://ada:${secret}@hooks.example/"}]\n`,
  'address-as-a-list': `command: /bin/true\nnotify: [{webhook: [${secret}]}]\n`,
  'relative-file': `command: /bin/true\nnotify: [{url_file: ${secret}, kind: ping}]\n`,
  'number-as-a-file': `command: /bin/true\nnotify: [{webhook: "https://x.example/", password_file: {${secret}: 1}}]\n`,
  'other-key-beside': `command: /bin/true\nnotify: [{webhook: "https://x.example/${secret}", ping: "https://x.example/${secret}"}]\n`,
  'no-yaml': `command: /bin/true\nenvironment: {TOKEN: "${secret}}\n`,
  'anchor-in-it': `command: /bin/true\nenvironment: {TOKEN: *${secret}}\n`,
  'tag-in-it': `command: /bin/true\nenvironment: {TOKEN: !${secret} x}\n`,
  'indented-text': `command: /bin/true\nenvironment:\n  TOKEN: x\n ${secret}\n`,
  'twice-the-same': `command: /bin/true\nenvironment: {${secret}: a, ${secret}: b}\n`,
  'unknown-key': `command: /bin/true\nenvironmet: {TOKEN: ${secret}}\n`,
  'unknown-way': `command: /bin/true\nnotify: [{slack: "https://x.example/${secret}"}]\n`,
};

let scene: WebScene;
before(async () => {
  scene = await webScene({ isPeaceful: true });
  for (const [slug, text] of Object.entries(files)) {
    const file = path.join(scene.config.jobDirectory, `${slug}.yaml`);
    writeFileSync(file, `name: N\n${text}`);
    chmodSync(file, 0o644);
    scene.run(slug);
  }
});
after(async () => {
  await scene.end();
  assert.deepEqual(scene.told, []);
});

test('no route says a word of them, whether the job file is in order or not', async () => {
  const streams = /\/(?:changes|stream)$/;
  const patterns = [
    ...new Set(scene.routes.routes.flatMap(({ method, path: one }) => (method === 'GET' ? [one] : []))),
  ];
  assert.ok(patterns.length > 25);
  const said: string[] = [];
  let asked = 0;
  for (const pattern of patterns.filter((one) => !streams.test(one)))
    for (const slug of pattern.includes(':slug') ? Object.keys(files) : ['']) {
      const target = pattern.replace(':slug', slug).replace(':run', scene.lastRun(slug)).replace(':instance', '0');
      const queries = /\/(?:jobs|events|runs)$/.test(pattern)
        ? ['', '?limit=500', '?outcome=all', '?state=invalid']
        : [''];
      for (const query of queries) {
        const answer = await scene.routes.request(`${target}${query}`);
        const text = await answer.text();
        asked += 1;
        if (text.includes(secret)) {
          const at = text.indexOf(secret);
          said.push(`${target}${query}: ${text.slice(Math.max(0, at - 160), at + 60)}`);
        }
      }
    }
  assert.deepEqual(said, []);
  const { items } = JSON.parse(await (await scene.routes.request('/api/v1/jobs?limit=500')).text());
  const problems = items.flatMap((item: { readonly problems?: readonly string[] }) => item.problems ?? []);
  // The other problems are said in full.
  assert.ok(
    problems.some((words: string) => words.includes('"comand"')),
    problems.join('\n'),
  );
  assert.ok(
    problems.some((words: string) => /"environment" must be variables/.test(words)),
    problems.join('\n'),
  );
  assert.ok(asked > 300, String(asked));
});
