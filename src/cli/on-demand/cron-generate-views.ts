/** The views of cron-generate: --diff, --plan and --install. */
import process from 'node:process';
import { createTwoFilesPatch } from 'diff';
import { fileChanges } from '../../crontab/report.ts';
import { planChanges } from '../../schedule/plan/plan.ts';
import { planJson, planText } from '../../schedule/plan/text.ts';
import { clock } from '../../system/time/clock.ts';
import { hostZone } from '../../system/time/zones.ts';
import { printableText } from '../../text/printable.ts';
import type { Comparison, Shows } from '../crontab/generate.ts';
import type { View } from '../crontab/generate-ending.ts';
import { userCrontabName } from '../crontab/install.ts';
import { hostZones } from '../frame/zones.ts';

export const shows: Shows = {
  views: (comparison, { diff, plan, json }) => [
    ...(diff ? [{ name: 'diff', text: diffText(comparison, hasColour() && !json) } as const] : []),
    ...(plan ? [planView(comparison)] : []),
  ],
  patch: ({ before, after }, { json }) => {
    const utf8 = (text: string) => Buffer.from(text, 'latin1').toString('utf8');
    const text = patchOf(userCrontabName, utf8(before), utf8(after));
    return { name: 'diff', text: hasColour() && !json ? coloured(text) : text };
  },
};

function patchOf(file: string, before: string, after: string): string {
  // The library starts with lines that only patches of several files have.
  const patch = createTwoFilesPatch(file, file, before, after, 'present', 'new');
  return printableText(patch.replace(/^(?:Index: .*\n)?=+\n/, ''));
}

function diffText({ there, change }: Comparison, colour: boolean): string {
  const present = new Map([...there.files].flatMap(([name, file]) => (file.is === 'text' ? [[name, file.text]] : [])));
  const directory = change.path.slice(0, change.path.lastIndexOf('/'));
  const patches = fileChanges(present, change).map(({ name, before, after }) =>
    patchOf(`${directory}/${name}`, before, after),
  );
  const text = patches.join('');
  return colour ? coloured(text) : text;
}

function coloured(text: string): string {
  return text.split('\n').map(colouredLine).join('\n');
}

function colouredLine(line: string): string {
  if (/^(?:---|\+\+\+|@@) /.test(line)) return `\x1b[36m${line}\x1b[0m`;
  if (line.startsWith('+')) return `\x1b[32m${line}\x1b[0m`;
  return line.startsWith('-') ? `\x1b[31m${line}\x1b[0m` : line;
}

function hasColour(): boolean {
  const { NO_COLOR = '', TERM } = process.env;
  return process.stdout.isTTY === true && NO_COLOR === '' && TERM !== 'dumb';
}

function planView({ before, after }: Comparison): View {
  const plan = planChanges({ before: before(), after: after(), zones: hostZones(), nowMs: clock.nowMs() });
  return { name: 'plan', text: planText(plan, hostZone()), value: planJson(plan) };
}
