/** Names and labels of objects in Kubernetes, made from those of jobs. */

/** The longest name of a CronJob: the controller adds 11 characters for each run. */
const longestName = 52;
const hashLength = 6;

/**
 * The name of each job's object, by slug: lower case, `-` for what DNS does not allow. Where that
 * makes two names equal, cuts one, or leaves no letter at its beginning, a part of a hash of the slug is added, so
 * that a name never depends on the order of the jobs.
 */
export function objectNames(slugs: readonly string[], sha256: (text: string) => string): ReadonlyMap<string, string> {
  const plain = slugs.map((slug) => [slug, plainName(slug)] as const);
  const counts = new Map<string, number>();
  for (const [, name] of plain) counts.set(name, (counts.get(name) ?? 0) + 1);
  return new Map(
    plain.map(([slug, name]) => {
      // The name of a Service must begin with a letter.
      const isClear = /^[a-z]/.test(name) && name.length <= longestName && (name === slug || counts.get(name) === 1);
      return [slug, isClear ? name : hashed(name, sha256(slug))];
    }),
  );
}

function plainName(slug: string): string {
  return slug
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

function hashed(name: string, digest: string): string {
  const lettered = /^[a-z]/.test(name) ? name : `job-${name}`;
  const short = lettered.slice(0, longestName - hashLength - 1).replace(/-+$/, '');
  return `${short}-${digest.slice(0, hashLength)}`;
}

/** True for a text that can be the value of a label, and the name of one after a prefix. */
export function isLabel(text: string): boolean {
  return /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/.test(text);
}

/** The name of a port: at most 15 characters, lower case, with a letter in it. */
export function portNames(names: readonly string[]): ReadonlyMap<string, string> {
  const short = names.map((name) => plainName(name).slice(0, 15).replace(/-$/, ''));
  return new Map(
    names.map((name, index) => {
      const isClear = short.filter((one) => one === short[index]).length === 1 && /[a-z]/.test(short[index] ?? '');
      return [name, isClear ? (short[index] ?? '') : `port-${index}`];
    }),
  );
}
