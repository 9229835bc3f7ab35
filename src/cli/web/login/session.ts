/**
 * Marks that the program has given out: that of a browser that has logged in, and that of a login form. Each has its time and a seal, so nothing is
 * remembered, and all of them end with the program.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { TokenHashes } from './tokens.ts';

export interface Seals {
  /** A mark of a browser that has shown this token; it ends when the token is taken out of the file. */
  session(token: string): string;
  isSession(mark: string, hashes: TokenHashes): boolean;
  form(): string;
  isForm(mark: string): boolean;
}

const sessionMs = 12 * 3_600_000;
const formMs = 3_600_000;

export interface SealParts {
  /** Random bytes that only this process has. */
  readonly key: Buffer;
  readonly nowMs: () => number;
  readonly hashOf: (token: string) => Buffer;
}

export function seals({ key, nowMs, hashOf }: SealParts): Seals {
  const seal = (what: string, untilMs: string, of: Buffer) =>
    createHmac('sha256', key).update(`${what} ${untilMs} `).update(of).digest('hex');
  const given = (what: string, forMs: number, of: Buffer) => {
    const untilMs = String(nowMs() + forMs);
    return `${untilMs}.${seal(what, untilMs, of)}`;
  };
  const isGiven = (mark: string, what: string, of: Buffer) => {
    const [, untilMs = '', hex = ''] = /^(\d{13})\.([0-9a-f]{64})$/.exec(mark) ?? [];
    if (untilMs === '' || Number(untilMs) < nowMs()) return false;
    return timingSafeEqual(Buffer.from(seal(what, untilMs, of)), Buffer.from(hex));
  };
  const nothing = Buffer.alloc(0);
  return {
    session: (token) => given('session', sessionMs, hashOf(token)),
    isSession: (mark, hashes) => hashes.map((hash) => isGiven(mark, 'session', hash)).includes(true),
    form: () => given('form', formMs, nothing),
    isForm: (mark) => isGiven(mark, 'form', nothing),
  };
}
