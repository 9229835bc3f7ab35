/**
 * The options for the connection to a mail server: port, time limits, login and TLS.
 *
 * | route            | TLS                                                                        |
 * |------------------|----------------------------------------------------------------------------|
 * | `secure`         | from the first byte, certificate verified                                  |
 * | `user`           | STARTTLS must be offered and the certificate valid: it guards the password |
 * | this host        | STARTTLS when offered; its certificate names another host                  |
 * | neither          | STARTTLS when offered, unverified, as mail servers do among themselves     |
 */
import { connect, isIP } from 'node:net';
import type { SMTPTransportOptions } from 'nodemailer/lib/smtp-transport';
import { readSecret } from '../file/named-file.ts';
import type { MailRoute } from '../types/message.ts';
import { authoritiesIn } from './authorities.ts';

type SmtpRoute = Extract<MailRoute, { by: 'smtp' }>;

export type SmtpLogin =
  | {
      readonly ok: true;
      readonly options: SMTPTransportOptions & { readonly host: string; readonly port: number };
      /** Removes the password from an answer: servers quote what they were sent. */
      readonly withoutSecrets: (words: string) => string;
    }
  | { readonly ok: false; readonly reason: string };

export function smtpOptions(
  route: SmtpRoute,
  { connectMs, authoritiesFile }: { readonly connectMs: number; readonly authoritiesFile: string },
): SmtpLogin {
  const { host, user } = route;
  const secure = route.secure ?? false;
  const port = route.port ?? (secure ? 465 : user === undefined ? 25 : 587);
  const local = isThisHost(host);
  const verified = secure || (user !== undefined && !local);
  const password = route.passwordFile === undefined ? undefined : readSecret(route.passwordFile);
  if (password?.ok === false) return { ok: false, reason: `the password of the mail server: ${password.reason}` };
  return {
    ok: true,
    options: {
      host,
      port,
      secure,
      requireTLS: verified && !secure,
      opportunisticTLS: !verified,
      tls: verified ? { ca: authoritiesIn(authoritiesFile) } : { rejectUnauthorized: false },
      ...(user !== undefined && { auth: { user, pass: password?.secret ?? '' } }),
      ...timeLimits(connectMs),
      getSocket: (_options, connected) => openSocket({ host, port, connectMs }, connected),
    },
    withoutSecrets: scrubber(user ?? '', password?.secret),
  };
}

function timeLimits(connectMs: number) {
  return {
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    socketTimeout: connectMs,
    // A server that does not close its side must not keep run-job longer.
    socketCloseTimeout: 500,
  };
}

type Connected = Parameters<NonNullable<SMTPTransportOptions['getSocket']>>[1];

/**
 * Opens the connection. nodemailer would ask DNS before /etc/hosts and fail for `localhost` while
 * DNS is down, which is when jobs fail. Node's own connect uses getaddrinfo(3) and tries each
 * address.
 */
function openSocket(
  { host, port, connectMs }: { readonly host: string; readonly port: number; readonly connectMs: number },
  connected: Connected,
): void {
  const socket = connect({ host, port, autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 2000 });
  const timer = setTimeout(() => socket.destroy(new Error(`no connection after ${connectMs / 1000} s`)), connectMs);
  const fail = (error: Error) => {
    clearTimeout(timer);
    connected(error, false);
  };
  socket.once('error', fail);
  socket.once('connect', () => {
    clearTimeout(timer);
    socket.off('error', fail);
    connected(null, { connection: socket });
  });
}

function isThisHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/**
 * A function that removes the password: plain, and in base64 alone or after the user's name, as
 * AUTH LOGIN and AUTH PLAIN send it.
 */
function scrubber(user: string, password: string | undefined): (words: string) => string {
  if (password === undefined) return (words) => words;
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const secrets = [base64(`\0${user}\0${password}`), base64(password), password];
  return (words) => secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), words);
}
