import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { pages } from './pages.ts';

const root = path.resolve(import.meta.dirname, '../../..');

for (const page of pages) {
  test(`${page}: each link leads to a page or heading that exists`, () => {
    // Brackets in a fenced block are not links.
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

test('docs/README.md links to every page', () => {
  const contents = readFileSync(path.join(root, 'docs/README.md'), 'utf8');
  for (const page of pages.filter((name) => name.startsWith('docs/') && name !== 'docs/README.md')) {
    assert.ok(contents.includes(`](${path.relative('docs', page)})`), page);
  }
});

test('each file that docs/ARCHITECTURE.md says to change exists', () => {
  const table = readFileSync(path.join(root, 'docs/ARCHITECTURE.md'), 'utf8').split('## To add')[1] ?? '';
  for (const [, name = ''] of table.matchAll(/`([a-z.]+\/[\w./-]*|[\w-]+\.\w+)`/g)) {
    assert.ok(existsSync(path.join(root, name)) || existsSync(path.join(root, 'src', name)), name);
  }
});

/** The anchors that GitHub and similar viewers make from headings. */
function anchors(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
}
