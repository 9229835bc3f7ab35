/**
 * Sends one message over its channel. Secrets are read here, at the last moment, and cut out of the
 * reason.
 */
import { statSync } from 'node:fs';
import type { Config } from '../../config/config.ts';
import { type Address, type Channel, wrongAddress } from '../../job/keys/notices.ts';
import { pingMessage, webhookMessage } from '../../notify/http-message.ts';
import type { Entry } from '../../notify/outbox/entry.ts';
import { bareWorld } from '../../run/world/world.ts';
import { sha256 } from '../../system/file/hash.ts';
import { readSecret } from '../../system/file/named-file.ts';
import { post } from '../../system/message/http.ts';
import { createMailer, usualRoute } from '../../system/message/mailer.ts';
import { runMessageProgram } from '../../system/message/message-program.ts';
import type { Delivery } from '../../system/types/message.ts';
import { printable, printableText } from '../../text/printable.ts';
import { fixedWorld } from '../frame/fixed-world.ts';

/** A program that sends a page may take a while. */
const commandLimitMs = 60_000;

/** Histories and logs hold the reason. */
const reasonCharacters = 300;

/** Answers within a minute and never throws. */
export async function sendNotice(entry: Entry, config: Config): Promise<Delivery> {
  try {
    const delivery = await send(entry, config);
    return delivery.ok ? delivery : { ...delivery, reason: delivery.reason.slice(0, reasonCharacters) };
  } catch (error) {
    return { ok: false, reason: (error as Error).name };
  }
}

function send(entry: Entry, config: Config): Promise<Delivery> {
  const { channel } = entry;
  switch (channel.kind) {
    case 'mail':
      return sendMail(entry, entry.remaining ?? channel.to, config);
    case 'webhook':
    case 'ping':
      return sendHttp(entry, channel);
    case 'command':
      return runCommand(entry, channel.words, config);
    default:
      return channel satisfies never;
  }
}

function sendMail({ payload, fromAddress }: Entry, to: string, config: Config): Promise<Delivery> {
  const from = fromAddress ?? `process-control <${config.serviceUser.name}@${payload.host}>`;
  const subject = printable(payload.subject);
  return createMailer(config.mail ?? usualRoute()).send({ from, to, subject, text: printableText(payload.body) });
}

async function sendHttp(entry: Entry, channel: Extract<Channel, { address: Address }>): Promise<Delivery> {
  const address = readAddress(channel);
  if (!address.ok) return address;
  const { url, bearer } = address;
  const message =
    channel.kind === 'ping' ? pingMessage(url, entry.payload, runUuid(entry)) : webhookMessage(url, entry.payload);
  const delivery = await post({ ...message, ...(bearer !== undefined && { bearer }) });
  return delivery.ok ? delivery : { ok: false, reason: withoutSecrets(delivery.reason, { url, bearer, channel }) };
}

type AddressRead =
  | { readonly ok: true; readonly url: string; readonly bearer: string | undefined }
  | { readonly ok: false; readonly reason: string };

function readAddress({ address, passwordFile }: Extract<Channel, { address: Address }>): AddressRead {
  const found = 'url' in address ? ({ ok: true, secret: address.url } as const) : readSecret(address.urlFile);
  if (!found.ok) return { ok: false, reason: `url_file: ${found.reason}` };
  const wrong = wrongAddress(found.secret, passwordFile !== undefined);
  if (wrong !== undefined) return { ok: false, reason: `the address ${wrong}` };
  if (passwordFile === undefined) return { ok: true, url: found.secret, bearer: undefined };
  const password = readSecret(passwordFile);
  return password.ok
    ? { ok: true, url: found.secret, bearer: password.secret }
    : { ok: false, reason: `password_file: ${password.reason}` };
}

interface Secrets {
  readonly url: string;
  readonly bearer: string | undefined;
  readonly channel: Extract<Channel, { address: Address }>;
}

/**
 * Servers quote what they were sent, whole or in parts. The host of an address in the job file is
 * no secret.
 */
function withoutSecrets(reason: string, { url, bearer, channel }: Secrets): string {
  const { href, pathname, search, host, hostname } = new URL(url);
  const parts = [...pathname.split('/'), ...search.split(/[?&=]/)].filter((part) => part.length >= 6);
  const hosts = 'url' in channel.address ? [] : [host, hostname];
  const secrets = [
    url,
    href,
    `${pathname}${search}`,
    pathname,
    ...parts,
    ...parts.map(decoded),
    ...hosts,
    bearer ?? '',
  ];
  const longestFirst = secrets.filter((secret) => secret.length > 1).sort((a, b) => b.length - a.length);
  return longestFirst.reduce((rest, secret) => rest.replaceAll(secret, '***'), reason);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The same UUID for the start and the end of a run: version 8 of RFC 9562. */
function runUuid({ slug, run, payload }: Entry): string {
  const hex = sha256(new TextEncoder().encode(`${payload.host}/${slug}/${run}`));
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function runCommand({ payload }: Entry, words: readonly [string, ...string[]], config: Config): Promise<Delivery> {
  const world = bareWorld(
    fixedWorld(config),
    (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true,
  );
  const environment = {
    ...world.environment,
    PROCESS_CONTROL_NOTICE_OCCASION: payload.occasion,
    PROCESS_CONTROL_NOTICE_SUBJECT: payload.subject,
    PROCESS_CONTROL_NOTICE_JOB: payload.job,
    PROCESS_CONTROL_NOTICE_HOST: payload.host,
    PROCESS_CONTROL_NOTICE_RUN: payload.run,
    PROCESS_CONTROL_NOTICE_OUTCOME: payload.outcome,
    PROCESS_CONTROL_NOTICE_FAILURES: String(payload.failures_in_a_row),
    PROCESS_CONTROL_NOTICE_LOG: payload.log ?? '',
  };
  const message = new TextEncoder().encode(`${JSON.stringify(payload)}\n`);
  return runMessageProgram(words, {
    ...{ message, environment, workingDirectory: world.workingDirectory },
    ...{ limitMs: commandLimitMs, mayIgnoreMessage: true },
  });
}
