/**
 * Patterns of mail addresses: `ops@example.org`, the local user `root`, `Ops <ops@example.org>`,
 * and several with commas between them. They are part of the schema, so editors know them too. The
 * mailer accepts every address that matches; a mail server may still refuse it.
 */

/**
 * The part before the "@". A leading dash would be an option of sendmail; the other excluded
 * characters would end the address in an SMTP command.
 */
const local = '[^\\s"<>(),;:\\\\@\\[\\]-][^\\s"<>(),;:\\\\@\\[\\]]*';
/** A label of a domain, with letters of any script; the mailer sends its ASCII form. */
const label = '[\\p{L}\\p{N}_](?:[\\p{L}\\p{M}\\p{N}_-]{0,61}[\\p{L}\\p{M}\\p{N}_])?';
const domain = `(?:${label}(?:\\.${label})*|\\[(?:IPv6:)?[0-9A-Fa-f.:]+\\])`;
const bare = `${local}(?:@${domain})?`;
const displayName = '(?:"[^"\\p{C}]*"|[^"<>@,;\\p{C}]*)';
const one = `(?:${bare}|${displayName} ?<${bare}>)`;

/** One address of at most 500 characters in one line. */
export const oneAddress = `^(?=.{1,500}$) *${one} *$`;
export const addressList = `^(?=.{1,500}$) *${one} *(?:, *${one} *)*$`;
