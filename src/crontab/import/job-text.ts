/** Parts of the text of a job file: its name, its values, and the right that sudo needs. */
import { isSlug } from '../../job/folder.ts';

/** A name for a job after a program or unit, with a number if it is taken. */
export function freeSlug(program: string, taken: ReadonlySet<string>): string {
  const base = program.slice(program.lastIndexOf('/') + 1).replace(/\.(?:sh|py|pl|rb|php)$/, '');
  const cut = base
    .toLowerCase()
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 60);
  const slug = isSlug(cut) ? cut : 'job';
  for (let count = 1; ; count += 1) {
    const one = count === 1 ? slug : `${slug}-${count}`;
    if (!taken.has(one)) return one;
  }
}

/** A text as YAML has it: without quotes when nothing in it could be misread. */
export function scalar(text: string): string {
  if (
    /^[A-Za-z/][\w ./=+@,-]*$/.test(text) &&
    !text.endsWith(' ') &&
    !/^(?:true|false|yes|no|on|off|null|y|n)$/i.test(text)
  ) {
    return text;
  }
  return /[\0-\x1f\x7f-\x9f\u2028\u2029\ufeff]/.test(text) ? JSON.stringify(text) : `'${text.replaceAll("'", "''")}'`;
}

/** The right that the service user needs to run words as another user. */
export function sudoRight(
  { user, serviceUser }: { readonly user: string; readonly serviceUser: string },
  words: readonly string[] | undefined,
): string {
  const isSimple = words?.[0]?.startsWith('/') && words.every((word) => /^[\w@%+./-]+$/.test(word));
  return isSimple
    ? `a line in sudoers: ${serviceUser} ALL=(${user}) NOPASSWD: ${words?.join(' ')}${words?.length === 1 ? ' ""' : ''}`
    : 'a script of its own, and a line in sudoers for that';
}
