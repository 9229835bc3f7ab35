/** The answer for a message that was not delivered. */
import { printable } from '../../text/printable.ts';
import type { Delivery } from '../types/message.ts';

const limitCharacters = 1000;

/** The reason in one line that is safe to print, cut at 1,000 characters. */
export function undelivered(reason: string): Extract<Delivery, { ok: false }> {
  const line = printable(reason.trim().replaceAll(/\s*[\r\n]+\s*/g, ' '));
  return { ok: false, reason: line.slice(0, limitCharacters) };
}
