import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

/**
 * Ways to ask Node for local time: they answer by TZ and by ICU, cron by the machine's zone files.
 * Node's own tables may be older or newer, so that two answers about one job would differ.
 */
const otherClocks: readonly RegExp[] = [
  /\bIntl\.(?!PluralRules|Segmenter)/,
  /\.(?:get|set)(?:Hours|Minutes|Seconds|Milliseconds|Date|Day|Month|FullYear|TimezoneOffset)\(/,
  /\.toLocale(?:String|DateString|TimeString)\(/,
  /\.to(?:Date|Time)String\(/,
  /new Date\([^()]*,/,
  /String\(new Date\(|`\$\{new Date\([^)]*\)\}/,
  /process\.env\.TZ\b|\bTemporal\./,
];

const source = path.join(import.meta.dirname, '../../../src');

test("no source file computes local time from anything but the host's zone files", () => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => /\.[cm]?[tj]s$/.test(name));
  assert.ok(files.length > 200, 'the source is there');
  const found = files.flatMap((name) =>
    readFileSync(path.join(source, name), 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        otherClocks.some((form) => form.test(line)) ? [`${name}:${index + 1}: ${line.trim()}`] : [],
      ),
  );
  assert.deepEqual(found, []);
});

test('each of these ways would be found', () => {
  for (const line of [
    "new Intl.DateTimeFormat('en')",
    'date.getHours()',
    'date.getTimezoneOffset()',
    "date.toLocaleString('sv-SE')",
    'new Date(2026, 0, 1)',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a program.
    '`${new Date(ms)}`',
  ])
    assert.ok(
      otherClocks.some((form) => form.test(line)),
      line,
    );
});
