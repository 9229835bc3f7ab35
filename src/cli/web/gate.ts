/**
 * The one gate before every route of the page. It judges the bytes of the request as they came, before any parser of addresses folds `..` away, and
 * its answers say nothing of what was asked.
 */

export interface Asked {
  readonly method: string;
  /** The target of the request line, unread. */
  readonly target: string;
  /** Name, value, name, value, as they came. */
  readonly headers: readonly string[];
}

export interface Refusal {
  readonly status: 400 | 403 | 405 | 414;
  readonly words: string;
}

const longestTarget = 2048;

/** Returns the reason why nobody gets an answer to this, or `undefined`. */
export function refusalOf({ method, target, headers }: Asked, hosts: readonly string[]): Refusal | undefined {
  if (target.length > longestTarget) return { status: 414, words: 'the address is too long' };
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, words: 'this page only answers GET and HEAD' };
  if (!isPlain(target)) return { status: 400, words: 'the address is not one of this page' };
  const named = valuesOf(headers, 'host');
  if (named.length !== 1 || !hosts.includes(hostOf(named[0] ?? ''))) {
    return { status: 403, words: 'this host name is not one of this page' };
  }
  // Nobody stands between this socket and the reader who could have checked it.
  if (valuesOf(headers, 'x-remote-user').length > 0) {
    return { status: 403, words: 'this socket takes no X-Remote-User' };
  }
  const site = valuesOf(headers, 'sec-fetch-site');
  const isNavigation = valuesOf(headers, 'sec-fetch-mode').every((mode) => mode === 'navigate');
  if (site.some((value) => value === 'cross-site') && !isNavigation) {
    return { status: 403, words: 'another site asks for this' };
  }
  return undefined;
}

/** A path without steps upwards, escaped dots or slashes, and control characters. */
function isPlain(target: string): boolean {
  const [path = ''] = target.split('?');
  return /^\/(?!\/)[!-~]*$/.test(target) && !/(?:^|\/)\.\.?(?:\/|$)|\\|%(?:2e|2f|5c|00)/i.test(path);
}

function valuesOf(headers: readonly string[], name: string): readonly string[] {
  return headers.filter((_, at) => at % 2 === 1 && headers[at - 1]?.toLowerCase() === name);
}

/** The name without its port. */
function hostOf(value: string): string {
  return value.toLowerCase().replace(/:\d{1,5}$/, '');
}

/** Headers of every answer. There is no Strict-Transport-Security: the host may serve more than this page. */
export const safeHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};
