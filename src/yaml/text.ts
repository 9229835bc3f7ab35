/** Decodes the bytes of a file: UTF-8 without characters that a reviewer can't see. */

import type { Problem } from '../text/problem.ts';
import { placeOf } from './place.ts';

/**
 * Characters that YAML 1.2 does not allow (c-printable), a carriage return that ends no line, and
 * characters that make a line look different from what it says (CVE-2021-42574).
 */
const unseen =
  /\r(?!\n)|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/;

export type Text =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: Omit<Problem, 'file'> };

/** Drops a byte order mark; columns count without it. */
export function decode(bytes: Uint8Array): Text {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return notUtf8(bytes);
  }
  const at = text.search(unseen);
  return at === -1 ? { ok: true, text } : refused(text, at, unseenMessage(text.charCodeAt(at)));
}

function notUtf8(bytes: Uint8Array): Text {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return refused('', 0, 'the file is UTF-16; save it as UTF-8');
  }
  const text = new TextDecoder().decode(bytes);
  return refused(text, text.indexOf('\ufffd'), 'this is not UTF-8; save the file as UTF-8');
}

function unseenMessage(code: number): string {
  const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return code < 0x2000 || code > 0xf000
    ? `the file must be plain text, found the control character ${name}`
    : `the character ${name} makes text appear in another order than it is read; remove it`;
}

function refused(text: string, offset: number, message: string): Text {
  return { ok: false, problem: { severity: 'error', ...placeOf(text, offset), message } };
}
