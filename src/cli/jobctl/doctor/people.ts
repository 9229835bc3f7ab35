/** Checks what people can do and what reaches them: rights of the caller, logs, mail, notices. */
import { spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import os from 'node:os';
import type { Config } from '../../../config/config.ts';
import { undeliveredNotices } from '../../../notify/outbox/undelivered.ts';
import { advise } from '../../../report/advice.ts';
import type { Check } from '../../../report/text/doctor.ts';
import { files } from '../../../system/file/files.ts';
import { createMailer, usualRoute } from '../../../system/message/mailer.ts';
import { isExecutable } from '../../../system/program/executable.ts';
import { stateFiles } from '../../../system/state/state-files.ts';
import { clock } from '../../../system/time/clock.ts';
import { hostZone } from '../../../system/time/zones.ts';
import type { MailRoute } from '../../../system/types/message.ts';
import { caller } from '../../../system/user/caller.ts';
import { wallTime } from '../../../zone/wall-time.ts';
import { unreadableLogWords } from '../../report/log-access.ts';

export async function peopleChecks(config: Config, mailTest: string | undefined): Promise<readonly Check[]> {
  return [...rightsChecks(config), await mailCheck(config, mailTest), noticesCheck(config)];
}

function rightsChecks(config: Config): readonly Check[] {
  const { serviceUser, outputDirectory, embedded } = config;
  const about = 'your rights';
  if (embedded) return [{ about, is: 'ok', words: 'these are your own jobs' }];
  if (caller.uid === 0 || caller.uid === serviceUser.uid)
    return [{ about, is: 'ok', words: `as ${caller.uid === 0 ? 'root' : serviceUser.name} you may do everything` }];
  const isThere = files.facts(outputDirectory) !== undefined;
  const logs: Check =
    !isThere || files.list(outputDirectory) !== undefined
      ? { about: 'logs', is: 'ok', words: `you can read the logs in ${outputDirectory}` }
      : { about: 'logs', is: 'warning', words: unreadableLogWords(outputDirectory, 'jobctl logs NAME') };
  return [logs, sudoCheck()];
}

const sudo = '/usr/bin/sudo';
const sudoMs = 5000;

/** Asks sudo(8) without a password, which it may want. */
function sudoCheck(): Check {
  const about = 'sudo';
  if (!isExecutable(sudo))
    return { about, is: 'warning', words: 'sudo is not installed: only root can start, stop and pause jobs' };
  const { status } = spawnSync(sudo, ['-n', '-l', '/usr/bin/jobctl', 'pause', 'NAME'], {
    timeout: sudoMs,
    stdio: 'ignore',
  });
  if (status === 0) return { about, is: 'ok', words: 'you can start, stop and pause jobs with sudo jobctl' };
  const words = 'sudo wants a password from you, or does not let you run jobctl';
  return { about, is: 'unknown', words, advice: [advise('see what you may do', 'sudo -l')] };
}

/** `mailTest`: an address to which one mail is sent now. */
async function mailCheck({ mail = usualRoute(), serviceUser }: Config, mailTest: string | undefined): Promise<Check> {
  const about = 'mail';
  const way = routeWords(mail);
  if (mailTest === undefined) {
    if (mail.by === 'sendmail' && !isExecutable(mail.path))
      return { about, is: 'problem', words: `mail goes through ${mail.path}, which can't be run` };
    const refusal = mail.by === 'smtp' ? await smtpRefusal(mail) : undefined;
    if (refusal !== undefined)
      return { about, is: 'warning', words: `it goes ${way}, where no mail server answers: ${refusal}` };
    const advice = [advise('to try it', 'jobctl doctor --mail-test you@example.org')];
    return { about, is: 'ok', words: `it goes ${way}, not tried now`, advice };
  }
  const host = os.hostname();
  const sent = await createMailer(mail).send({
    from: `process-control <${serviceUser.name}@${host}>`,
    to: mailTest,
    subject: `Test mail from process-control on ${host}`,
    text: `jobctl doctor --mail-test sent this mail at ${wallTime(clock.nowMs(), hostZone())}, ${way}.\n`,
  });
  if (sent.ok) return { about, is: 'ok', words: `a test mail to ${mailTest} was accepted, ${way}` };
  return { about, is: 'problem', words: `a test mail to ${mailTest} was refused, ${way}: ${sent.reason}` };
}

const answerMs = 3000;

/** The reason why nothing accepts a connection there; `undefined` when something does. */
function smtpRefusal({ host, port = 25 }: Extract<MailRoute, { by: 'smtp' }>): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: answerMs });
    const end = (words: string | undefined) => {
      socket.destroy();
      resolve(words);
    };
    socket.once('connect', () => end(undefined));
    socket.once('timeout', () => end(`no answer within ${answerMs / 1000} s`));
    socket.once('error', ({ message }) => end(message === '' ? 'connection refused' : message));
  });
}

function routeWords(route: MailRoute): string {
  if (route.by === 'sendmail') return `through ${route.path}`;
  return `by SMTP to ${route.host}${route.port === undefined ? '' : `, port ${route.port}`}`;
}

const mayWaitMs = 600_000;

function noticesCheck({ stateDirectory }: Config): Check {
  const about = 'notices';
  const nowMs = clock.nowMs();
  const [oldest, ...others] = undeliveredNotices(stateFiles(stateDirectory), nowMs);
  if (oldest === undefined) return { about, is: 'ok', words: 'none waits to be delivered' };
  const since = wallTime(oldest.atMs, hostZone());
  const words = `${others.length + 1} not delivered yet, the first one since ${since}, about ${oldest.slug}`;
  const is = nowMs - oldest.atMs > mayWaitMs ? 'problem' : 'warning';
  return { about, is, words, advice: [advise('see why', `jobctl history ${oldest.slug}`)] };
}
