import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { pages } from './pages.ts';

const root = path.resolve(import.meta.dirname, '../../..');

for (const page of pages) {
  test(`what ${page} links to is there`, () => {
    // What stands between fences is a command or a session, where brackets mean something else.
    const text = readFileSync(path.join(root, page), 'utf8').replaceAll(/^```[\s\S]*?^```$/gm, '');
    for (const [, target = ''] of text.matchAll(/\]\(([^)]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [file = '', anchor] = target.split('#');
      const linked = path.join(root, path.dirname(page), file === '' ? path.basename(page) : file);
      assert.ok(existsSync(linked), target);
      if (anchor !== undefined) assert.ok(anchors(readFileSync(linked, 'utf8')).includes(anchor), target);
    }
  });
}

test('the table of contents has every page', () => {
  const contents = readFileSync(path.join(root, 'docs/README.md'), 'utf8');
  for (const page of pages.filter((name) => name.startsWith('docs/') && name !== 'docs/README.md')) {
    assert.ok(contents.includes(`](${path.relative('docs', page)})`), page);
  }
});

test('what docs/ARCHITECTURE.md says to touch is there', () => {
  const table = readFileSync(path.join(root, 'docs/ARCHITECTURE.md'), 'utf8').split('## To add')[1] ?? '';
  for (const [, name = ''] of table.matchAll(/`([a-z.]+\/[\w./-]*|[\w-]+\.\w+)`/g)) {
    assert.ok(existsSync(path.join(root, name)) || existsSync(path.join(root, 'src', name)), name);
  }
});

/** As the usual viewers make them of headings. */
function anchors(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
}
