/** What cron-generate --diff and --plan show. */
import process from 'node:process';
import { createTwoFilesPatch } from 'diff';
import { fileChanges } from '../schedule/crontab-report.ts';
import { planChanges } from '../schedule/plan.ts';
import { planJson, planText } from '../schedule/plan-text.ts';
import { clock } from '../system/clock.ts';
import { hostZone } from '../system/zones.ts';
import type { Comparison, Wish } from './parts/generate.ts';
import type { View } from './parts/generate-ending.ts';
import { machineZones } from './parts/tick-zones.ts';

export function showViews(comparison: Comparison, { diff, plan, json }: Wish): readonly View[] {
  return [
    ...(diff ? [{ name: 'diff', text: diffText(comparison, hasColour() && !json) } as const] : []),
    ...(plan ? [planView(comparison)] : []),
  ];
}

function diffText({ there, change }: Comparison, colour: boolean): string {
  const present = new Map([...there.files].flatMap(([name, file]) => (file.is === 'text' ? [[name, file.text]] : [])));
  const directory = change.path.slice(0, change.path.lastIndexOf('/'));
  const patches = fileChanges(present, change).map(({ name, before, after }) => {
    const file = `${directory}/${name}`;
    // The library starts with lines that only patches of several files have.
    return createTwoFilesPatch(file, file, before, after, 'present', 'new').replace(/^(?:Index: .*\n)?=+\n/, '');
  });
  const text = patches.join('');
  return colour ? text.split('\n').map(coloured).join('\n') : text;
}

function coloured(line: string): string {
  if (/^(?:---|\+\+\+|@@) /.test(line)) return `\x1b[36m${line}\x1b[0m`;
  if (line.startsWith('+')) return `\x1b[32m${line}\x1b[0m`;
  return line.startsWith('-') ? `\x1b[31m${line}\x1b[0m` : line;
}

function hasColour(): boolean {
  const { NO_COLOR = '', TERM } = process.env;
  return process.stdout.isTTY === true && NO_COLOR === '' && TERM !== 'dumb';
}

function planView({ before, after }: Comparison): View {
  const plan = planChanges({ before: before(), after: after(), zones: machineZones(), nowMs: clock.nowMs() });
  return { name: 'plan', text: planText(plan, hostZone()), value: planJson(plan) };
}
