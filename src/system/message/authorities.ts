/** The certificate authorities that a mail server or an HTTPS address must be vouched for by. */
import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';

/**
 * The file in which update-ca-certificates(8) collects the authorities that this host trusts, a
 * company's own among them. Node itself knows only the public ones.
 */
export const hostAuthorities = '/etc/ssl/certs/ca-certificates.crt';

/** The certificates of a file in PEM form; Node's own list where there is no such file. */
export function authoritiesIn(file: string): string[] {
  try {
    return [readFileSync(file, 'utf8')];
  } catch {
    return [...rootCertificates];
  }
}
