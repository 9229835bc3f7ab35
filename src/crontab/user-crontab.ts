/**
 * The crontab of one user, in which the generated lines stand between two marker lines.
 * cron-generate keeps every byte outside of them.
 *
 * The generated lines are at the end, because settings hold for all later lines: ours (`MAILTO=""`,
 * `HOME`) would change the user's entries.
 */

const begin = '# BEGIN process-control: written by cron-generate --install, which replaces what stands here';
const end = '# END process-control';
const isBegin = /^#[ \t]*BEGIN process-control\b/;
const isEnd = /^#[ \t]*END process-control\b/;

export type UserCrontabParts =
  /**
   * `block` is the text between the markers, absent if there are none; `rest` is everything else.
   */
  | { readonly ok: true; readonly rest: string; readonly block?: string }
  /** The reason why the markers can't be paired. */
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

/**
 * Returns the user's crontab with `block`, which ends with a line break, at its end. The last line
 * gets the line break that crontab(1) wants.
 */
export function withBlock(rest: string, block: string): string {
  const gap = rest === '' || rest.endsWith('\n') ? '' : '\n';
  return `${rest}${gap}${begin}\n${block}${end}\n`;
}

/**
 * The user's settings that change when our lines run: cronie obeys them, and a later line can't
 * unset them.
 */
export function settingsInTheWay(rest: string): readonly string[] {
  const found = [...rest.matchAll(/^[ \t]*(CRON_TZ|RANDOM_DELAY)[ \t]*=/gm)].map(([, name = '']) => name);
  return [...new Set(found)];
}

/**
 * Returns the numbers of the user's lines that start our jobs too, so that each run would be
 * started twice.
 */
export function doubledLines(rest: string, runner: string): readonly number[] {
  return rest
    .split('\n')
    .flatMap((line, index) =>
      !/^[ \t]*#/.test(line) && line.includes(`${runner} `) && / --(?:job|ensure|catch-up)\b/.test(line)
        ? [index + 1]
        : [],
    );
}
