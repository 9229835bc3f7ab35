/** The part of an answer that does not say how late it is. A look a moment later then has the same ETag, unless something has happened. */

/**
 * A page without the words of its `<time>` elements, and with the minute: "3 min ago" is never older than that. The clock of the page, which is
 * `<time class="clock">`, is left out whole.
 */
export function clockless(html: string, nowMs: number): string {
  const words = html
    .replaceAll(/<time class="clock"[^>]*>[^<]*<\/time>/g, '')
    .replaceAll(/(<time\b[^>]*>)[^<]*(?=<\/time>)/g, '$1');
  return `${Math.floor(nowMs / 60_000)} ${words}`;
}

/** Keys of which the values grow with the clock alone. */
const ages: ReadonlySet<string> = new Set(['tookMs', 'overdueMs', 'forMs']);

/** The JSON of a value without its ages, and without the time at which the host was looked at. */
export function clocklessJson(value: unknown): string {
  return JSON.stringify(value, function (this: unknown, key: string, inner: unknown) {
    if (ages.has(key)) return undefined;
    return key === 'atMs' && isLook(this) ? undefined : inner;
  });
}

function isLook(holder: unknown): boolean {
  return typeof holder === 'object' && holder !== null && ('tookMs' in holder || 'version' in holder);
}
