/** `jobctl why`: one sentence, the cause, what to do, and then everything that was looked at. */
import { durationWords, lastedWords } from '../run/outcome.ts';
import { wallTime } from '../schedule/wall-time.ts';
import { printable } from '../yaml/printable.ts';
import type { Evidence } from './evidence.ts';
import type { Explanation, Finding } from './why.ts';

export function whyText(
  explanation: Explanation,
  { hostZone, nowMs, askedMs }: Pick<Evidence, 'hostZone' | 'nowMs' | 'askedMs'>,
): string {
  const { slug, cause, findings, tickMs, run } = explanation;
  const shownMs = tickMs ?? askedMs;
  const when = shownMs === undefined ? '' : ` at ${wallTime(shownMs, hostZone)}`;
  const lines = [
    `${slug} ${sentence(explanation, { when, nowMs, isFuture: (shownMs ?? 0) > nowMs })}`,
    ...(run?.logPath === undefined ? [] : [`  log:  ${run.logPath}`]),
    ...(cause === undefined ? [] : [`  why:  ${cause.about}: ${cause.words}`]),
    ...(cause?.advice === undefined ? [] : [`  do:   ${cause.advice}`]),
    ...more(findings, cause),
    '',
    ...findings.map(findingLine),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function sentence(
  { verdict, run, tickMs }: Explanation,
  { when, nowMs, isFuture }: { readonly when: string; readonly nowMs: number; readonly isFuture: boolean },
): string {
  switch (verdict) {
    case 'ran':
      return `ran${when} (run ${run?.run}) and ${run?.words}${lastedWords(run?.outcome, run?.durationMs)}`;
    case 'running':
      return `started${when} (run ${run?.run}) and is running`;
    case 'did-not-run':
      return `did not run${when}`;
    case 'waiting':
      return `has a tick${when}, ${durationWords((nowMs - (tickMs ?? nowMs)) / 1000)} ago: it is about to start`;
    case 'not-due':
      return `${isFuture ? 'will not be' : 'was not'} due${when}`;
    case 'will-run':
      return `will run${when}`;
    case 'will-not-run':
      return `will not run${when}`;
    case 'unexplained':
      return `did not run${when}, and nothing that can be seen here explains it`;
    default:
      return verdict satisfies never;
  }
}

/** What else would have stopped it: it is worth doing in the same go. */
function more(findings: readonly Finding[], cause: Finding | undefined): readonly string[] {
  if (cause === undefined) return [];
  return findings
    .filter((finding) => finding.is === 'stops' && finding !== cause)
    .map(({ about, words }) => `  also: ${about}: ${words}`);
}

const marks = { well: 'ok', stops: 'STOPS', doubt: 'doubt', unknown: '?' } as const;

function findingLine({ about, is, words }: Finding): string {
  return `  ${about.padEnd(12)}  ${marks[is].padEnd(5)}  ${words}`;
}
