/** Checks whether people hear of what happens: the way of mails, and notices that wait. */
import { connect, type Socket } from 'node:net';
import os from 'node:os';
import process from 'node:process';
import { connect as connectTls } from 'node:tls';
import type { Config } from '../../../../config/config.ts';
import { undeliveredNotices } from '../../../../notify/outbox/undelivered.ts';
import { advise, looking } from '../../../../report/advice.ts';
import type { Check } from '../../../../report/text/doctor.ts';
import { asUser, unreadableBy } from '../../../../system/file/as-user.ts';
import { readSecret } from '../../../../system/file/named-file.ts';
import { createMailer, usualRoute } from '../../../../system/message/mailer.ts';
import { isExecutable } from '../../../../system/program/executable.ts';
import { ownCommand } from '../../../../system/program/own-program.ts';
import { stateFiles } from '../../../../system/state/state-files.ts';
import { clock } from '../../../../system/time/clock.ts';
import { hostZone } from '../../../../system/time/zones.ts';
import type { MailRoute } from '../../../../system/types/message.ts';
import { wallTime } from '../../../../zone/wall-time.ts';
import { canBecomeServiceUser, tryAsServiceUser } from './as-service-user.ts';
import { counted, type Ground, isClosed, named, unknownTo } from './ground.ts';

const about = 'mail';

type SmtpRoute = Extract<MailRoute, { by: 'smtp' }>;

export interface MailQuestion {
  /** An address to which one mail is sent now. */
  readonly mailTest: string | undefined;
  readonly configFile: string | undefined;
  /** Returns the jobs that send mails. */
  readonly mailing: () => readonly string[];
}

export async function mailCheck(ground: Ground, { mailTest, configFile, mailing }: MailQuestion): Promise<Check> {
  const { config, role } = ground;
  const route = config.mail ?? usualRoute();
  const wrong = passwordCheck(ground, route);
  if (wrong !== undefined) return wrong;
  if (mailTest === undefined)
    return route.by === 'smtp' ? serverCheck(ground, route, mailing) : programCheck(ground, route.path);
  if (role !== 'root') return testMail(config, mailTest, route);
  if (canBecomeServiceUser(ground)) return testAsServiceUser(ground, mailTest, configFile);
  return { about, is: 'unknown', words: 'without setpriv no mail can be sent as the service user' };
}

/** The password of the mail server has to be readable for the service user, who sends the mails. */
function passwordCheck({ config, role }: Ground, route: MailRoute): Check | undefined {
  const file = route.by === 'smtp' ? route.passwordFile : undefined;
  if (file === undefined) return undefined;
  if (role === 'other') return unknownTo(about, `${routeWords(route)}, with a password that you may not read`, 'root');
  const closed = unreadableBy(config.serviceUser, file, 'file');
  if (closed !== undefined) return { about, is: 'problem', words: `${file}: ${closed}` };
  const secret = asUser(config.serviceUser, () => readSecret(file));
  if (secret.ok) return undefined;
  return { about, is: 'problem', words: `the password of the mail server: ${secret.reason}` };
}

function programCheck({ forms }: Ground, program: string): Check {
  if (!isExecutable(program))
    return {
      ...{ about, is: 'problem', words: `mails go through ${program}, which can't be run` },
      advice: [advise('install a mail system, such as', 'sudo apt-get install postfix')],
    };
  return { about, is: 'ok', words: `${program} is there to send mails`, advice: [tryIt(forms)] };
}

function tryIt(forms: Ground['forms']) {
  return advise(`${looking(forms, 'doctor --mail-test ADDRESS')} tries it`);
}

/** A server that does not answer is a problem if it is configured, or a job sends mails; else it is a warning. */
async function serverCheck(
  { config, forms }: Ground,
  route: SmtpRoute,
  mailing: MailQuestion['mailing'],
): Promise<Check> {
  const refusal = await greetingRefusal(route);
  if (refusal === undefined)
    return { about, is: 'ok', words: `the mail server at ${serverOf(route)} answers`, advice: [tryIt(forms)] };
  if (config.mail !== undefined)
    return { about, is: 'problem', words: `the mail server at ${serverOf(route)} does not answer: ${refusal}` };
  const slugs = mailing();
  const effect =
    slugs.length === 0
      ? 'no job can send a mail'
      : `no mail of ${counted(slugs.length, 'job')} can leave (${named(slugs)})`;
  const words = `there is no /usr/sbin/sendmail, and no mail server answers at ${serverOf(route)} (${refusal}): ${effect}`;
  const advice = [advise('set "mail" in the configuration, or install a mail system', 'sudo apt-get install postfix')];
  return { about, is: slugs.length === 0 ? 'warning' : 'problem', words, advice };
}

function serverOf({ host, port, secure, user }: SmtpRoute): string {
  return `${host}:${port ?? (secure ? 465 : user === undefined ? 25 : 587)}`;
}

const answerMs = 3000;

/** The reason why no mail server greets there; `undefined` when one does. */
function greetingRefusal(route: SmtpRoute): Promise<string | undefined> {
  const port = Number(serverOf(route).slice(route.host.length + 1));
  return new Promise((resolve) => {
    const socket: Socket = route.secure
      ? connectTls({ host: route.host, port, rejectUnauthorized: false })
      : connect({ host: route.host, port });
    const end = (words: string | undefined) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(words);
    };
    const timer = setTimeout(() => end(`no greeting within ${answerMs / 1000} s`), answerMs);
    socket.once('data', (bytes: Buffer) => {
      const text = bytes.toString('latin1');
      end(text.startsWith('220') ? undefined : `it said ${JSON.stringify(text.slice(0, 60).trim())}`);
    });
    socket.once('end', () => end('it closed the connection'));
    socket.once('error', (error: NodeJS.ErrnoException) => end(networkWords(error)));
  });
}

const networkErrors: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'no name server answers',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
};

function networkWords({ code = '', message }: NodeJS.ErrnoException): string {
  return networkErrors[code] ?? (message === '' ? code : message);
}

function routeWords(route: MailRoute): string {
  return route.by === 'sendmail' ? `through ${route.path}` : `by SMTP to ${serverOf(route)}`;
}

/** Sends it with the rights of the caller, which for the service user are those of all mails. */
async function testMail({ serviceUser }: Config, mailTest: string, route: MailRoute): Promise<Check> {
  const host = os.hostname();
  const sent = await createMailer(route).send({
    from: `process-control <${serviceUser.name}@${host}>`,
    to: mailTest,
    subject: `Test mail from process-control on ${host}`,
    text: `jobctl doctor --mail-test sent this mail at ${wallTime(clock.nowMs(), hostZone())}, ${routeWords(route)}.\n`,
  });
  if (sent.ok) return { about, is: 'ok', words: `a mail to ${mailTest} was accepted, ${routeWords(route)}` };
  return {
    about,
    is: 'problem',
    words: `a mail to ${mailTest} was not accepted, ${routeWords(route)}: ${sent.reason}`,
  };
}

const testMs = 60_000;

/** Root lets the service user send it, as all mails are: what may work for root alone is no answer. */
async function testAsServiceUser(ground: Ground, mailTest: string, configFile: string | undefined): Promise<Check> {
  const named = configFile ?? process.env.PROCESS_CONTROL_CONFIG;
  const args = ['doctor', '--json', `--mail-test=${mailTest}`, ...(named === undefined ? [] : [`--config=${named}`])];
  const { output, failure } = await tryAsServiceUser(ground, ownCommand('jobctl', args), {
    limitMs: testMs,
    environment: { PROCESS_CONTROL_LAUNCHER: process.env.PROCESS_CONTROL_LAUNCHER ?? '' },
  });
  const line = output.split('\n').find((one) => one.startsWith(`{"about":"${about}"`));
  const check = line === undefined ? undefined : checkOf(line);
  return (
    check ?? {
      about,
      is: 'problem',
      words: `${ground.config.serviceUser.name} could not send it: ${failure ?? output.trim().slice(-200)}`,
    }
  );
}

/** Jobs can trace a process of the service user, so its answer is only words. */
function checkOf(line: string): Check | undefined {
  try {
    const { is, words } = JSON.parse(line) as Record<string, unknown>;
    const known = (['ok', 'warning', 'problem', 'unknown'] as const).find((one) => one === is);
    return known === undefined ? undefined : { about, is: known, words: String(words) };
  } catch {
    return undefined;
  }
}

const mayWaitMs = 600_000;

/** Notices wait a moment before they are sent; what waits longer is stuck. */
export function noticesCheck({ config: { stateDirectory, serviceUser }, role, forms }: Ground): Check {
  const title = 'notices';
  const nowMs = clock.nowMs();
  if (
    role === 'other' &&
    [stateDirectory, `${stateDirectory}/notices`, `${stateDirectory}/notices/outbox`].some((place) => isClosed(place))
  )
    return unknownTo(title, `you may not list ${stateDirectory}/notices`, 'root and the service user');
  const waiting = asUser(serviceUser, () => undeliveredNotices(stateFiles(stateDirectory), nowMs));
  const [oldest] = waiting;
  if (oldest === undefined) return { about: title, is: 'ok', words: 'none waits to be delivered' };
  const { atMs, forMs } = oldest;
  const at = wallTime(atMs, hostZone());
  const since = forMs === undefined ? `, written at ${at} by a clock that was wrong,` : `, since ${at}`;
  const words = `${counted(waiting.length, 'notice waits', 'notices wait')} to be delivered${since} one about ${oldest.slug}`;
  const is = (forMs ?? 0) > mayWaitMs ? 'problem' : 'warning';
  return { about: title, is, words, advice: [advise('see why', looking(forms, `status ${oldest.slug}`))] };
}
