/** The variables of a service: Environment= and EnvironmentFile=. */
import { scalar } from '../job-text.ts';
import { environmentFile } from './environment-file.ts';
import { expand, type UnitName } from './specifiers.ts';
import { type Assignment, listOf, type UnitProblem } from './unit-file.ts';
import { unitWords } from './words.ts';

/** A file of variables; `undefined` if there is none, a text why it can't be read. */
export type ReadEnvironment = (
  path: string,
) => { readonly text: string; readonly isPrivate: boolean } | string | undefined;

export interface Variables {
  readonly values: ReadonlyMap<string, string>;
  readonly keys: readonly string[];
  readonly checks: readonly UnitProblem[];
  readonly isPrivate: boolean;
}

export function variablesOf(all: readonly Assignment[], unit: UnitName, read: ReadEnvironment): Variables {
  const values = new Map<string, string>();
  const checks: UnitProblem[] = [];
  const add = (one: Assignment, message: string) =>
    checks.push({ file: one.file, line: one.line, message: `${one.key}=${one.value.slice(0, 60)}: ${message}` });
  for (const one of listOf(all, 'Service', 'Environment')) {
    for (const word of unitWords(one.value) ?? []) {
      const expanded = expand(word, unit);
      const [, name, value = ''] = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(expanded.ok ? expanded.text : '') ?? [];
      if (name !== undefined) values.set(name, value);
      else add(one, `"${word}" is not NAME=VALUE. What was meant?`);
    }
    if (unitWords(one.value) === undefined) add(one, 'it has a quote that is never closed. What was meant?');
  }
  let isPrivate = false;
  // Files are read after all lines, and win.
  for (const one of listOf(all, 'Service', 'EnvironmentFile')) {
    const expanded = expand(one.value.replace(/^-/, ''), unit);
    const file = expanded.ok ? read(expanded.text) : `${expanded.specifier} has no value here`;
    if (file === undefined) {
      const decide = one.value.startsWith('-') ? 'Will there be one?' : 'Without it the service does not start.';
      add(one, `there is no such file now. ${decide}`);
    } else if (typeof file === 'string') add(one, `it can't be read: ${file}`);
    else {
      const found = environmentFile(file.text);
      if (typeof found === 'number') add(one, `line ${found} of it is not NAME=VALUE`);
      else {
        for (const [name, value] of found) values.set(name, value);
        isPrivate ||= file.isPrivate;
        add(one, 'its values of today stand in the job file. A later change of it does not reach the job.');
      }
    }
  }
  for (const one of listOf(all, 'Service', 'PassEnvironment'))
    add(one, 'does the job need these? pass_environment takes them from its caller.');
  for (const one of listOf(all, 'Service', 'UnsetEnvironment'))
    for (const word of unitWords(one.value) ?? []) if (!word.includes('=')) values.delete(word);
  for (const name of [...values.keys()].filter((key) => key.startsWith('PROCESS_CONTROL_'))) {
    values.delete(name);
    checks.push({ file: unit.name, line: 0, message: `${name} can't be set for a job.` });
  }
  const lines = [...values].map(([name, value]) => `  ${name}: ${scalar(value)}`);
  return { values, keys: lines.length === 0 ? [] : ['environment:', ...lines], checks, isPrivate };
}
