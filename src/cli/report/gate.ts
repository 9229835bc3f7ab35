/**
 * The one gate before every route of the page, and before the metrics of job-scheduler. It judges the bytes of the request as they came, before any parser of addresses folds `..` away, and
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
  readonly status: 400 | 403 | 405 | 413 | 414;
  readonly words: string;
}

export interface Gate {
  /**
   * `socket`: the mode of a Unix socket has decided who may connect. `proxy`: a Unix socket on which only a proxy connects, which has logged in the
   * reader and names them. `token`: a TCP port, where each request must prove that its reader knows a token.
   */
  readonly door: 'socket' | 'proxy' | 'token';
  /** The names, without port, by which readers may reach the page: another site can't make its own name mean this server. */
  readonly hosts: readonly string[];
  /** The one path that takes a POST, and only behind the door `token`. */
  readonly loginPath: string;
}

const longestTarget = 2048;
const longestBody = 4096;

/** Returns the reason why nobody gets an answer to this, or `undefined`. */
export function refusalOf(asked: Asked, gate: Gate): Refusal | undefined {
  const { target, headers } = asked;
  if (target.length > longestTarget) return { status: 414, words: 'the address is too long' };
  if (!isPlain(target)) return { status: 400, words: 'the address is not one of this page' };
  const isLogin = asked.method === 'POST' && gate.door === 'token' && target === gate.loginPath;
  if (!isLogin && asked.method !== 'GET' && asked.method !== 'HEAD') {
    return { status: 405, words: 'this page only answers GET and HEAD' };
  }
  const named = valuesOf(headers, 'host');
  if (named.length !== 1 || !gate.hosts.includes(hostOf(named[0] ?? ''))) {
    return { status: 403, words: 'this host name is not one of this page' };
  }
  return bodyRefusal(headers, isLogin) ?? identityRefusal(headers, gate) ?? siteRefusal(headers, isLogin);
}

/** A path without steps upwards, escaped dots or slashes, and control characters. */
function isPlain(target: string): boolean {
  const [path = ''] = target.split('?');
  return /^\/(?!\/)[!-~]*$/.test(target) && !/(?:^|\/)\.\.?(?:\/|$)|\\|%(?:2e|2f|5c|00)/i.test(path);
}

/** Only the login has a body, and it is short. */
function bodyRefusal(headers: readonly string[], isLogin: boolean): Refusal | undefined {
  const lengths = valuesOf(headers, 'content-length');
  const isChunked = valuesOf(headers, 'transfer-encoding').length > 0;
  if (isLogin) {
    const isShort = !isChunked && lengths.length === 1 && /^\d{1,4}$/.test(lengths[0] ?? '');
    return isShort && Number(lengths[0]) <= longestBody ? undefined : { status: 413, words: 'the body is too long' };
  }
  if (isChunked || lengths.some((length) => length !== '0')) return { status: 400, words: 'a GET has no body' };
  return undefined;
}

const userName = /^[a-z0-9_.@-]{1,64}$/;

/** A header that names the reader counts only where nobody but the proxy can send it; elsewhere it is a forgery. */
function identityRefusal(headers: readonly string[], { door }: Gate): Refusal | undefined {
  const users = valuesOf(headers, 'x-remote-user');
  if (door !== 'proxy')
    return users.length === 0 ? undefined : { status: 403, words: 'this socket takes no X-Remote-User' };
  const isOne = users.length === 1 && userName.test(users[0] ?? '');
  return isOne ? undefined : { status: 403, words: 'the proxy must say once in X-Remote-User who is logged in' };
}

/** Another site may link to the page, but neither embed it nor read it. The login takes nothing from another site. */
function siteRefusal(headers: readonly string[], isLogin: boolean): Refusal | undefined {
  const isOwn = valuesOf(headers, 'sec-fetch-site').every((site) => site === 'same-origin' || site === 'none');
  const modes = valuesOf(headers, 'sec-fetch-mode');
  const isNavigation = modes.length > 0 && modes.every((mode) => mode === 'navigate');
  if (!isOwn && (isLogin || !isNavigation)) return { status: 403, words: 'another site asks for this' };
  if (!isLogin) return undefined;
  const origins = valuesOf(headers, 'origin');
  const [host = ''] = valuesOf(headers, 'host');
  const isFromHere = origins.length === 1 && [`http://${host}`, `https://${host}`].includes(origins[0] ?? '');
  return isFromHere ? undefined : { status: 403, words: 'another site sends this' };
}

export function valuesOf(headers: readonly string[], name: string): readonly string[] {
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
  // With no-referrer a browser would send the login with `Origin: null`.
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};
