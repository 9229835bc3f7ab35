/**
 * A user's own crontab, in which the lines of cron-generate stand between two marker lines. Every byte outside of them is the user's and is kept.
 *
 * The block stands at the end: settings hold for all later lines, so ours (`MAILTO=""`, `HOME`) would otherwise hold for the user's entries.
 */

const begin = '# BEGIN process-control: written by cron-generate --install, which replaces what stands here';
const end = '# END process-control';
const isBegin = /^#[ \t]*BEGIN process-control\b/;
const isEnd = /^#[ \t]*END process-control\b/;

export type UserCrontabParts =
  /** `block` is what stands between the markers; absent when there are none. `rest` is everything else. */
  | { readonly ok: true; readonly rest: string; readonly block?: string }
  /** A sentence about markers that can't be paired. */
  | { readonly ok: false; readonly reason: string };

export function splitUserCrontab(text: string): UserCrontabParts {
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const at = (marker: RegExp) => lines.flatMap((line, index) => (marker.test(line) ? [index] : []));
  const [begins, ends] = [at(isBegin), at(isEnd)];
  const [first, last] = [begins[0], ends[0]];
  if (first === undefined && last === undefined) return { ok: true, rest: text };
  if (begins.length > 1) return broken(`"# BEGIN process-control" stands on the lines ${numbers(begins)}`);
  if (ends.length > 1) return broken(`"# END process-control" stands on the lines ${numbers(ends)}`);
  if (last === undefined) return broken(`"# BEGIN process-control" on line ${numbers(begins)} has no END`);
  if (first === undefined) return broken(`"# END process-control" on line ${numbers(ends)} has no BEGIN`);
  if (last < first) return broken(`"# END process-control" on line ${numbers(ends)} comes before its BEGIN`);
  const joined = (from: number, to?: number) => lines.slice(from, to).join('');
  return { ok: true, rest: joined(0, first) + joined(last + 1), block: joined(first + 1, last) };
}

function broken(reason: string): UserCrontabParts {
  return { ok: false, reason: `${reason}: put the marker lines right, or remove them, with crontab -e` };
}

function numbers(indexes: readonly number[]): string {
  return indexes.map((index) => index + 1).join(' and ');
}

/** The user's crontab with `block`, which ends with a line break, at its end. A last line without an end gets one: crontab(1) wants it. */
export function withBlock(rest: string, block: string): string {
  const gap = rest === '' || rest.endsWith('\n') ? '' : '\n';
  return `${rest}${gap}${begin}\n${block}${end}\n`;
}

/** The user's settings that change when our lines run: cronie reads them, and a crontab can't take them back. */
export function settingsInTheWay(rest: string): readonly string[] {
  const found = [...rest.matchAll(/^[ \t]*(CRON_TZ|RANDOM_DELAY)[ \t]*=/gm)].map(([, name = '']) => name);
  return [...new Set(found)];
}

/** Numbers of the user's lines that start jobs of ours as well, so that each run would be started twice. */
export function doubledLines(rest: string, runner: string): readonly number[] {
  return rest
    .split('\n')
    .flatMap((line, index) =>
      !/^[ \t]*#/.test(line) && line.includes(`${runner} `) && / --(?:job|ensure|catch-up)\b/.test(line)
        ? [index + 1]
        : [],
    );
}
