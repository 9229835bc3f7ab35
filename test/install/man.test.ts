/**
 * The manual pages, which the build completes from the programs' own words: none is behind the
 * programs.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { configSchema } from '../../src/config/schema.ts';
import { jobSchema } from '../../src/job/keys/schema.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const folder = path.join(root, 'dist/man');
const names = readdirSync(folder).filter((name) => name.endsWith('.scd'));
/** The text without the marks of scdoc, which may be inside a word. */
const page = (name: string) => readFileSync(path.join(folder, name), 'utf8').replaceAll(/\\(.)|\*/g, '$1');
const pageOf = (program: string) => page(names.find((name) => name.startsWith(`${program}.`)) ?? `${program}: no page`);
const help = (program: string, ...command: readonly string[]) =>
  execFileSync(path.join(root, 'bin', program), [...command, '--help'], { encoding: 'utf8', env: { COLUMNS: '100' } });

test('every program has a page with each of its commands, each option and each exit code of its help', () => {
  for (const program of readdirSync(path.join(root, 'bin'))) {
    const text = pageOf(program);
    const about = help(program);
    const commands = [...about.matchAll(new RegExp(`^ {2}${program} (\\w+)`, 'gm'))].map(([, command = '']) => command);
    for (const command of commands) assert.match(text, new RegExp(`^${command}(?: |$)`, 'm'), `${program} ${command}`);
    for (const words of [about, ...commands.map((command) => help(program, command))]) {
      for (const [, flag = ''] of words.matchAll(/^ .*?(--[a-z][a-z-]+)/gm))
        assert.match(text, new RegExp(`^\\t?(?:-\\w, )?${flag}(?: |$)`, 'm'), `${program} ${flag}`);
    }
    const [, codes = ''] = /^Exit codes:((?:\n.+)*)/m.exec(about) ?? [];
    for (const [, code] of codes.matchAll(/^ {2}(\d+)/gm)) assert.match(text, new RegExp(`^${code}$`, 'm'));
    for (const part of ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'OPTIONS', 'EXIT STATUS', 'SEE ALSO'])
      assert.match(text, new RegExp(`^# ${part}$`, 'm'), `${program}: ${part}`);
  }
});

test('a command lists its own options', () => {
  const [, pause = ''] = /^pause .*\n((?:(?:\t.*)?\n)+)/m.exec(pageOf('jobctl')) ?? [];
  assert.match(pause, /^\t--until _VALUE_/m);
  assert.doesNotMatch(pause, /--lines|--config/);
});

test('the pages of the files have every key and its values', () => {
  for (const [name, schema] of Object.entries({
    'process-control-job': jobSchema,
    'process-control.yaml': configSchema,
  })) {
    const text = pageOf(name);
    for (const key of Object.keys(schema.properties))
      assert.match(text, new RegExp(`^${key}\\n\\t.+\\n\\n\\t- Value: `, 'm'), `${name}: ${key}`);
  }
});

test('no page has an unfilled part, and pages refer only to existing pages', () => {
  const ours = new Set(names.map((name) => name.replace(/\.(\d)\.scd$/, '($1)')));
  for (const name of names) {
    assert.doesNotMatch(page(name), /^\{[a-z]|\{version\}/m, name);
    for (const [reference] of page(name).matchAll(
      /\b(?:run-job|jobctl|cron-generate|check-jobs-icinga|process-control[a-z.-]*)\(\d\)/g,
    ))
      assert.ok(ours.has(reference), `${name}: ${reference}`);
  }
});

const needs = (program: string) =>
  spawnSync('sh', ['-c', `command -v ${program}`]).status === 0 ? false : `needs ${program}`;

test('man renders them without warnings', { skip: needs('scdoc') || needs('man') }, () => {
  for (const name of names) {
    const file = path.join(folder, name.replace(/\.scd$/, ''));
    const man = spawnSync('man', ['--warnings', '-E', 'UTF-8', '-Tutf8', '-Z', '-l', file], {
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin', MANWIDTH: '100', LC_ALL: 'C.UTF-8' },
    });
    assert.deepEqual([man.status, man.stderr], [0, ''], name);
  }
});
