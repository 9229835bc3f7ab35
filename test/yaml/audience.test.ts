import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadJob } from '../../src/job/load.ts';
import { formatProblem } from '../../src/text/problem.ts';
import { publicWords } from '../../src/yaml/audience.ts';
import { memoryFiles } from '../fakes/files.ts';

const secret = 's3cr3t';
const places = { jobDirectory: '/jobs', jobDefaults: {}, trustedOwnerUids: [0] };

/** Texts whose problems quote the file. */
const texts = [
  `name: A\ncommand: /bin/true\ntimeout: ${secret}\n`,
  `name: A\ncommand: [[${secret}]]\n`,
  `name: A\ncommand: /bin/true\n${secret}: 1\n`,
  `name: A\ncommand: /bin/true\nenvironment: {"${secret} ": 1}\n`,
  `name: A\ncommand: /bin/true\nenvironment: {${secret}: [1]}\n`,
  `name: A\ncommand: "a '${secret}"\n`,
  `name: A\ncommand: @${secret}\n`,
  `name: A\ncommand: /bin/true\nschedule: "* * * * ${secret}"\n`,
  `name: A\ncommand: /bin/true\nnotify: [{mail: [${secret}]}]\n`,
  `name: A\n- ${secret}\n`,
  `${secret}\n`,
  `root:${secret}:1:2:::\n`,
];

for (const text of texts) {
  const problemsWith = (mode: number, directoryMode = 0o755) => {
    const loaded = loadJob('a', places, {
      files: memoryFiles({ '/jobs': { kind: 'directory', mode: directoryMode }, '/jobs/a.yaml': { text, mode } }),
    });
    assert.ok(loaded !== undefined && !loaded.ok, text);
    return loaded.problems;
  };

  test(`public messages about a private file have only place and rule: ${JSON.stringify(text)}`, () => {
    for (const problems of [problemsWith(0o640), problemsWith(0o600), problemsWith(0o644, 0o750)]) {
      const words = problems.map(publicWords).join('\n');
      assert.doesNotMatch(words, new RegExp(secret));
      assert.match(words, /^\/jobs\/a\.yaml:\d+:\d+: \S/);
    }
  });

  test(`public messages about a public file are complete: ${JSON.stringify(text)}`, () => {
    const problems = problemsWith(0o644);
    assert.deepEqual(problems.map(publicWords), problems.map(formatProblem));
  });
}

test('a file of another kind is never quoted, one of ours is', () => {
  const said = (text: string) => {
    const files = memoryFiles({ '/jobs/a.yaml': { text } });
    const loaded = loadJob('a', places, { files });
    return loaded?.ok === false ? loaded.problems.map(formatProblem).join() : '';
  };
  assert.doesNotMatch(said(`root:${secret}:1:2:::\n`), new RegExp(secret));
  assert.doesNotMatch(said(`-----BEGIN KEY-----\n${secret}\n`), new RegExp(secret));
  assert.doesNotMatch(said(`[${secret}]\n`), new RegExp(secret));
  assert.match(said(`name: A\ncommand: /bin/true\ntimeout: soon\n`), /found "soon"/);
  assert.match(said(`timout: 10\n`), /did you mean "timeout"/);
});
