/** Words a change of the crontab: a sentence for people, and values for programs. */

import type { LineTiming, LineTimings } from '../schedule/plan/plan.ts';
import type { Crontab, CrontabFile } from './crontab.ts';
import { type LastLine, lineRule, type PresentCrontab } from './present.ts';
import { readLine } from './reader.ts';

/** The jobs whose line was added, removed or changed. */
export interface LineChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** Returns the timing of each line that exists now. */
export function timingsBefore(present: PresentCrontab): LineTimings {
  return new Map([...present.content().lines].map(([slug, line]) => [slug, timingOf(line)]));
}

function timingOf({ schedule, zoned }: LastLine): LineTiming {
  return zoned ?? { schedule };
}

/** Returns the timing of each line that the new crontab has. */
export function timingsAfter({ jobs }: Crontab): LineTimings {
  const timings = new Map<string, LineTiming>();
  for (const { slug, schedule, timeZone } of jobs) {
    if (schedule !== undefined) timings.set(slug, { schedule, ...(timeZone !== undefined && { timeZone }) });
  }
  return timings;
}

export function compareLines(before: LineTimings, after: LineTimings): LineChanges {
  const isOther = (slug: string) => {
    const [one, other] = [before.get(slug), after.get(slug)];
    return one !== undefined && (one.schedule !== other?.schedule || one.timeZone !== other?.timeZone);
  };
  return {
    added: [...after.keys()].filter((slug) => !before.has(slug)),
    removed: [...before.keys()].filter((slug) => !after.has(slug)),
    changed: [...after.keys()].filter(isOther),
  };
}

/**
 * `lines: 3 added (a, b, c), 1 removed (d); lines that start services added`; `before` and `after`
 * are whole texts.
 */
export function changesText({ added, removed, changed }: LineChanges, before: string, after: string): string {
  const jobs = [some(added, 'added'), some(removed, 'removed'), some(changed, 'changed')].filter((part) => part !== '');
  const parts = [...(jobs.length === 0 ? [] : [`lines: ${jobs.join(', ')}`]), ...otherChanges(before, after)];
  return parts.length === 0 ? 'text changed; no line or time of a job changed' : parts.join('; ');
}

/**
 * Words the changes that don't concern times: common lines, commands, lines of others, settings.
 */
function otherChanges(before: string, after: string): readonly string[] {
  const [one, other] = [contentsOf(before), contentsOf(after)];
  const common = (title: string, key: 'ensure' | 'catchUp') => {
    if (one[key] === other[key]) return [];
    return [`lines that ${title} ${one[key] === '' ? 'added' : other[key] === '' ? 'removed' : 'changed'}`];
  };
  const dropped = one.foreign.filter((line) => !other.foreign.includes(line)).length;
  const commands = changedCommands(one, other);
  // A service that has become one with a problem goes on: it has a comment of another kind.
  const gone = [...one.services].filter((slug) => !other.services.has(slug) && !other.leftOut.has(slug));
  const come = [...other.services].filter((slug) => !one.services.has(slug) && !one.leftOut.has(slug));
  const services = [some(come, 'added'), some(gone, 'removed')].filter((part) => part !== '');
  return [
    ...(services.length === 0 ? [] : [`services: ${services.join(', ')}`]),
    ...common('start services', 'ensure'),
    ...common('make up for missed runs', 'catchUp'),
    ...(dropped === 0 ? [] : [`${dropped} ${dropped === 1 ? 'line' : 'lines'} of another origin dropped`]),
    ...(commands.length === 0 ? [] : [`user or command ${some(commands, 'changed')}`]),
    ...(before !== '' && one.settings !== other.settings ? ['settings changed'] : []),
  ];
}

/** The jobs whose line has another user or command, though it stays; both are whole texts. */
export function commandChanges(before: string, after: string): readonly string[] {
  return changedCommands(contentsOf(before), contentsOf(after));
}

function changedCommands(one: Contents, other: Contents): readonly string[] {
  return [...other.commands].flatMap(([slug, command]) =>
    (one.commands.get(slug) ?? command) === command ? [] : [slug],
  );
}

interface Contents {
  ensure: string;
  catchUp: string;
  settings: string;
  readonly foreign: string[];
  /** Their own lines are those of run-job --ensure; a comment names each. */
  readonly services: Set<string>;
  /** Jobs and services with a problem and no line. */
  readonly leftOut: Set<string>;
  /** User and command of a job, by slug. */
  readonly commands: Map<string, string>;
}

function contentsOf(text: string): Contents {
  const found: Contents = {
    ...{ ensure: '', catchUp: '', settings: '', foreign: [], commands: new Map() },
    ...{ services: new Set(), leftOut: new Set() },
  };
  for (const written of text.split('\n')) {
    const [, kind, slug] = /^# (Service|No line for) ([^:\s]+)(?::|$)/.exec(written) ?? [];
    if (slug !== undefined) (kind === 'Service' ? found.services : found.leftOut).add(slug);
    const line = readLine(written);
    if (line.is === 'setting') found.settings += `${line.name}=${line.value}\n`;
    if (line.is === 'problem') found.foreign.push(written);
    if (line.is !== 'entry') continue;
    const rule = lineRule(line.command);
    if (/ --ensure(?=\s|$)/.test(line.command)) found.ensure += `${written}\n`;
    else if (/ --catch-up(?=\s|$)/.test(line.command)) found.catchUp += `${written}\n`;
    else if (rule === undefined) found.foreign.push(written);
    else found.commands.set(rule.slug, `${line.user} ${line.command}`);
  }
  return found;
}

function some(slugs: readonly string[], verb: string): string {
  if (slugs.length === 0) return '';
  return `${slugs.length} ${verb} (${slugs.slice(0, 5).join(', ')}${slugs.length > 5 ? ', …' : ''})`;
}

/** The present and the new text of each file that a change touches, for a diff. */
export interface FileChange {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

export function fileChanges(
  present: ReadonlyMap<string, string>,
  { writes, removals }: { readonly writes: readonly CrontabFile[]; readonly removals: readonly string[] },
): FileChange[] {
  const written = writes.map(({ name, text }) => ({ name, before: present.get(name) ?? '', after: text }));
  const removed = removals.map((name) => ({ name, before: present.get(name) ?? '', after: '' }));
  return [...written, ...removed].sort((a, b) => (a.name < b.name ? -1 : 1));
}
