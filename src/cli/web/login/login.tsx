/**
 * Lets only readers in who know a token: a program shows it in `Authorization`, a browser in a form, after which it has a cookie. A token never
 * stands in an address, which browsers, proxies and logs keep.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { clock } from '../../../system/time/clock.ts';
import { safeHeaders, valuesOf } from '../../report/gate.ts';
import { LoginForm } from './form.tsx';
import { seals } from './session.ts';
import { isKnown, readTokens, type TokenHashes } from './tokens.ts';
import { turnstile } from './turnstile.ts';

/** Resolves to true if the request may go on; otherwise it has been answered. */
export type Login = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

export interface LoginParts {
  readonly tokenFile: string;
  readonly base: string;
  /** Is told, once for each reason, why nobody can log in. */
  readonly tell: (words: string) => void;
}

const cookie = 'process-control-session';

export function loginPath(base: string): string {
  return `${base}/login`;
}

export function tokenLogin({ tokenFile, base, tell }: LoginParts): Login {
  const marks = seals({
    key: randomBytes(32),
    nowMs: () => Date.now(),
    hashOf: (token) => createHash('sha256').update(token).digest(),
  });
  const turn = turnstile(clock);
  let told: string | undefined;
  // The file is small and read at each request, so a token that is taken out of it is refused at once.
  const known = (): TokenHashes => {
    const read = readTokens(tokenFile);
    if (read.ok) return read.hashes;
    if (told !== read.reason) tell(read.reason);
    told = read.reason;
    return [];
  };
  const isRight = async (request: IncomingMessage, token: string): Promise<boolean> => {
    const from = request.socket.remoteAddress ?? '';
    await turn.wait(from);
    const isIn = isKnown(known(), token);
    if (!isIn) turn.failed(from);
    return isIn;
  };
  const ask = (response: ServerResponse, words: string): false => {
    const form = <LoginForm action={loginPath(base)} mark={marks.form()} words={words} />;
    const more = { 'Content-Type': 'text/html; charset=utf-8', 'WWW-Authenticate': 'Bearer' };
    return answer(response, { status: 401, headers: more, body: `<!doctype html>${form}` });
  };
  const logIn = async (request: IncomingMessage, response: ServerResponse): Promise<false> => {
    const sent = new URLSearchParams(await bodyOf(request));
    if (!marks.isForm(sent.get('mark') ?? '')) return ask(response, 'This form was too old. Please try again.');
    const token = (sent.get('token') ?? '').trim();
    if (!(await isRight(request, token))) return ask(response, 'That was not a token of this page.');
    const flags = `Path=${base === '' ? '/' : base}; HttpOnly; SameSite=Strict`;
    const headers = { Location: `${base}/`, 'Set-Cookie': `${cookie}=${marks.session(token)}; ${flags}` };
    return answer(response, { status: 303, headers, body: '' });
  };
  return async (request, response) => {
    if (request.method === 'POST') return logIn(request, response);
    const shown = valuesOf(request.rawHeaders, 'authorization');
    if (shown.length > 0) {
      const [, token = ''] = /^Bearer ([!-~]{1,512})$/i.exec(shown.length === 1 ? (shown[0] ?? '') : '') ?? [];
      if (await isRight(request, token)) return true;
      const more = { 'Content-Type': 'text/plain; charset=utf-8', 'WWW-Authenticate': 'Bearer error="invalid_token"' };
      return answer(response, { status: 401, headers: more, body: 'that is not a token of this page\n' });
    }
    const mark = cookieOf(request);
    if (mark !== undefined && marks.isSession(mark, known())) return true;
    return ask(response, 'This page opens with a token from its administrator.');
  };
}

/** The value of our cookie, if there is exactly one. */
function cookieOf({ rawHeaders }: IncomingMessage): string | undefined {
  const pairs = valuesOf(rawHeaders, 'cookie').flatMap((line) => line.split('; '));
  const values = pairs.filter((pair) => pair.startsWith(`${cookie}=`));
  return values.length === 1 ? values[0]?.slice(cookie.length + 1) : undefined;
}

/** The gate has made sure that it is short. */
async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function answer(response: ServerResponse, { status, headers, body }: Answer): false {
  response.writeHead(status, { ...safeHeaders, ...headers });
  response.end(body);
  return false;
}
