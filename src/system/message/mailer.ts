/**
 * Sends one mail, by the host's sendmail program or by SMTP. nodemailer composes the message and
 * speaks SMTP. This file decides which addresses are valid, how long a delivery may take, what TLS
 * must prove, and what the reason of a failure may contain.
 */
import { domainToASCII } from 'node:url';
import nodemailer from 'nodemailer';
import addressparser from 'nodemailer/lib/addressparser';
import { printable } from '../../text/printable.ts';
import { isExecutable } from '../program/executable.ts';
import type { Delivery, Mail, Mailer, MailRoute } from '../types/message.ts';
import { hostAuthorities } from './authorities.ts';
import { runMessageProgram } from './message-program.ts';
import { type SmtpLogin, smtpOptions } from './smtp.ts';
import { undelivered } from './undelivered.ts';

/**
 * The time limits of a delivery. run-job waits for it after its run has ended, so a server that
 * hangs must not keep it long.
 */
export interface MailLimits {
  /** The time to connect, and between two answers of the server. */
  readonly connectMs: number;
  readonly totalMs: number;
}

const usualLimits: MailLimits = { connectMs: 10_000, totalMs: 30_000 };

/**
 * The places of the Filesystem Hierarchy Standard and the Linux Standard Base. Cron's PATH contains
 * neither.
 */
const sendmailPaths = ['/usr/sbin/sendmail', '/usr/lib/sendmail'];

/** The route when none is configured: sendmail if the host has it, otherwise its mail server. */
export function usualRoute(paths: readonly string[] = sendmailPaths): MailRoute {
  const path = paths.find(isExecutable);
  return path === undefined ? { by: 'smtp', host: 'localhost' } : { by: 'sendmail', path };
}

export function createMailer(
  route: MailRoute,
  limits: MailLimits = usualLimits,
  authoritiesFile: string = hostAuthorities,
): Mailer {
  return {
    async send(mail: Mail): Promise<Delivery> {
      try {
        const message = compose(mail);
        return route.by === 'sendmail'
          ? await bySendmail(route.path, message, limits)
          : await bySmtp(smtpOptions(route, { connectMs: limits.connectMs, authoritiesFile }), message, limits.totalMs);
      } catch (error) {
        return undelivered((error as Error).message);
      }
    },
  };
}

interface Address {
  readonly name: string;
  readonly address: string;
}

function compose({ from, to, subject, text }: Mail) {
  const [sender, ...more] = addresses(from);
  if (sender === undefined || more.length > 0) throw new Error(`"${from}" is not one address`);
  const recipients = addresses(to);
  if (recipients.length === 0) throw new Error(`"${to}" names no address`);
  return {
    from: sender,
    to: recipients,
    envelope: { from: inAscii(sender.address), to: recipients.map(({ address }) => inAscii(address)) },
    subject,
    text,
    // RFC 3834: vacation programs do not answer.
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/**
 * The addresses of a list. nodemailer silently drops what it does not take for an address, also
 * local users; here an invalid address throws.
 */
function addresses(list: string): Address[] {
  const found = addressparser(list).map((entry) => {
    if (entry.group !== undefined) return { name: entry.name, address: '' };
    return entry.address === '' ? { name: '', address: entry.name } : { name: entry.name, address: entry.address };
  });
  // In "a@b c@d" nodemailer takes one address for a name.
  const isWhole = ({ name, address }: Address) =>
    addressForm.test(address) && (!name.includes('@') || list.includes(`"${name}"`));
  const good = printable(list) === list && found.every(isWhole);
  if (!good) throw new Error(`"${list}" is not a list of addresses`);
  return found;
}

/**
 * The form of an address. A leading dash would be an option to sendmail; blanks, quotes and
 * brackets would end the address in an SMTP command.
 */
const addressForm = /^[^\s"<>(),;\\-][^\s"<>(),;\\]*$/u;

/**
 * The address with its domain in ASCII, as mail servers need it: `ops@xn--mnchen-3ya.example` for
 * `ops@münchen.example` (RFC 5890).
 */
function inAscii(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  if (at < 0 || /^[\x20-\x7e]*$/.test(domain)) return address;
  const ascii = domainToASCII(domain);
  if (ascii === '') throw new Error(`"${address}" has no domain that could be`);
  return `${address.slice(0, at)}@${ascii}`;
}

type Composed = ReturnType<typeof compose>;

async function bySendmail(path: string, message: Composed, limits: MailLimits): Promise<Delivery> {
  // nodemailer's own sendmail transport has no time limit and drops the program's stderr.
  const composer = nodemailer.createTransport({ streamTransport: true, buffer: true, newline: 'unix' });
  const { message: bytes } = await composer.sendMail(message);
  const { from, to } = message.envelope;
  const ended = await runMessageProgram([path, '-i', '-f', from, ...to], {
    message: bytes as Buffer,
    limitMs: limits.totalMs,
  });
  return ended.ok ? ended : undelivered(ended.reason);
}

async function bySmtp(login: SmtpLogin, message: Composed, totalMs: number): Promise<Delivery> {
  if (!login.ok) return undelivered(login.reason);
  const server = `${login.options.host}:${login.options.port}`;
  try {
    const transport = nodemailer.createTransport(login.options);
    const { rejected = [], rejectedErrors = [] } = await transport.sendMail({
      ...message,
      signal: AbortSignal.timeout(totalMs),
    });
    if (rejectedErrors.length === 0) return { ok: true };
    const words = rejectedErrors.map((error) => login.withoutSecrets(error.message)).join('; ');
    return { ...undelivered(`${server}: not sent to all: ${words}`), remaining: rejected.join(', ') };
  } catch (error) {
    const { name, message: words } = error as Error;
    const reason = name === 'AbortError' ? `no end after ${totalMs / 1000} s` : words;
    return undelivered(`${server}: ${login.withoutSecrets(reason)}`);
  }
}
