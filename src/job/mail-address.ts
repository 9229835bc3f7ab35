/**
 * Which texts may be mail addresses: `ops@example.org`, the local user `root`, `Ops <ops@example.org>`, and several with commas between them. The pattern stands in the
 * schema, so editors know it too; what it lets pass the mailer can send to, or a mail server must refuse.
 */

/** A leading dash would be an option to sendmail; the others would end the address in an SMTP command. */
const local = '[^\\s"<>(),;:\\\\@\\[\\]-][^\\s"<>(),;:\\\\@\\[\\]]*';
/** Letters of any script: the mailer sends the ASCII form. */
const label = '[\\p{L}\\p{N}_](?:[\\p{L}\\p{M}\\p{N}_-]{0,61}[\\p{L}\\p{M}\\p{N}_])?';
const domain = `(?:${label}(?:\\.${label})*|\\[(?:IPv6:)?[0-9A-Fa-f.:]+\\])`;
const bare = `${local}(?:@${domain})?`;
const displayName = '(?:"[^"\\p{C}]*"|[^"<>@,;\\p{C}]*)';
const one = `(?:${bare}|${displayName} ?<${bare}>)`;

/** At most 500 characters, one line. */
export const oneAddress = `^(?=.{1,500}$) *${one} *$`;
export const addressList = `^(?=.{1,500}$) *${one} *(?:, *${one} *)*$`;
