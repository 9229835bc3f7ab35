/** The answer to why a service is in its state, in one sentence, and what to do. */
import { elsewhereWords, type Seat } from '../../fleet/seat.ts';
import { type OperatorRequest, requestWords } from '../../service/desired.ts';
import { shellWord } from '../../text/shell-word.ts';
import { type Advice, advise, type CommandForms, changing, commandsOf, looking } from '../advice.ts';
import type { ClockFacts } from '../clock/installed.ts';
import type { InstanceSnapshot, ServiceSnapshot } from '../service-snapshot.ts';
import type { LastWords } from '../text/failing.ts';
import type { Answer } from './answer.ts';
import { thereAdvice } from './fleet/pool.ts';

export interface ServiceQuestion {
  readonly slug: string;
  /** The instance that was asked about. */
  readonly instance?: number;
  readonly service: ServiceSnapshot;
  readonly file: string;
  readonly forms: CommandForms;
  readonly formatTime: (ms: number) => string;
  readonly clock?: ClockFacts;
  /** The hosts that have a service of a pool. */
  readonly seat?: Seat;
  /** The command that installs the crontab. */
  readonly generate: string;
  /** The last lines of the log of the instance that `instanceInQuestion` names. */
  readonly words?: LastWords;
  /** Records that can't be read, notices that don't come through. */
  readonly warnings: readonly string[];
  /** The latest events, one line each, oldest first. */
  readonly journal: readonly string[];
}

/** The one that is worst off, or that was asked about: its log says more. */
export function instanceInQuestion(service: ServiceSnapshot, instance?: number): InstanceSnapshot | undefined {
  const rank = (at: InstanceSnapshot['at']) =>
    ['failed', 'unhealthy', 'backoff', 'stopping', 'down', 'finished'].indexOf(at);
  const all = service.instances.filter(({ number }) => instance === undefined || number === instance);
  const [worst] = [...all].filter(({ at }) => rank(at) >= 0).sort((a, b) => rank(a.at) - rank(b.at));
  return worst ?? (instance === undefined ? undefined : all[0]);
}

export function serviceAnswer(question: ServiceQuestion): Answer {
  const { slug, service, warnings, journal, instance } = question;
  const [words, advice] = answerWords(question);
  const name = instance === undefined ? slug : `${slug}.${instance}`;
  const up = service.instances.filter(({ at, number }) => at === 'up' && number < service.wantedInstances).length;
  const facts: (readonly [string, string])[] = [
    ...(service.state === 'DOWN' ? [] : [['instances', `${up} of ${service.wantedInstances} up`] as const]),
    ...snoozedFacts(question),
    ...(question.words !== undefined && 'lines' in question.words && isDead(question)
      ? question.words.lines.slice(-shownLines).map((line) => ['printed', line] as const)
      : []),
    ...warnings.map((line) => ['warning', line] as const),
    ...journal.map((line) => ['history', line] as const),
  ];
  const answer = `${name} ${words}`;
  const unread = service.file === 'broken' && service.state !== 'FAILED' ? [fileAdvice(question)] : [];
  const all = [...advice, ...unread];
  return { answer, advice: all, commands: commandsOf(all), facts };
}

/** Advice about a file with problems; the service goes on as it was. */
function fileAdvice({ service, forms, file }: ServiceQuestion): Advice {
  const problem = service.problems?.[0] ?? '';
  return advise(
    `also, its file has problems and is not followed: ${problem}; fix them; this shows every one`,
    looking(forms, `check ${shellWord(file)}`),
  );
}

const shownLines = 3;

function isDead({ service, instance }: ServiceQuestion): boolean {
  const at = instanceInQuestion(service, instance)?.at;
  return at === 'failed' || at === 'unhealthy' || at === 'backoff';
}

function snoozedFacts({
  service,
  slug,
  instance,
  formatTime,
}: ServiceQuestion): readonly (readonly [string, string])[] {
  return service.instances.flatMap(({ number, snooze }) =>
    snooze === undefined || (instance !== undefined && number !== instance)
      ? []
      : [['snoozed', `the probes of ${slug}.${number}, until ${formatTime(snooze.untilMs)}`] as const],
  );
}

type Said = readonly [words: string, advice: readonly Advice[]];

/** The first that applies. */
function answerWords(question: ServiceQuestion): Said {
  const { slug, service, file, forms, formatTime, generate } = question;
  const { state, supervisor, jobRun, desired, wish: request } = service;
  const start = (say: string) => advise(say, changing(forms, `start ${slug}`));
  if (service.file === 'gone')
    return [
      `is ${state}: its file ${file} is gone, so its supervisor ends it`,
      [advise('to keep it, put its file back; otherwise wait for its end', looking(forms, `status ${slug}`))],
    ];
  if (service.file === 'job') return [`is ${state}: its file describes a job now, so its supervisor ends it`, []];
  if (supervisor?.isStopped)
    return [
      `is ${state}: its supervisor is stopped (SIGSTOP), so nothing is watched`,
      supervisor.pid === undefined ? [] : [advise('let the supervisor go on', `sudo kill -CONT ${supervisor.pid}`)],
    ];
  if (jobRun !== undefined)
    return [
      `is ${state}: it waits for run ${jobRun.run ?? 'unknown'} of the job that it was`,
      [advise('if that run should have ended, stop it', changing(forms, `stop ${slug}`))],
    ];
  if (service.file === 'elsewhere')
    return [
      `is ${state}: it ${question.seat === undefined ? 'belongs to another host' : elsewhereWords(question.seat)}`,
      question.seat === undefined ? [] : thereAdvice(question.seat, looking(forms, `status ${slug}`), generate),
    ];
  if (service.file === 'disabled')
    return [
      `is ${state}: its file has "disabled: true"`,
      [advise(`take it out of ${file}, then`, generate, changing(forms, `start ${slug}`))],
    ];
  if (service.file === 'broken' && state === 'FAILED' && supervisor === undefined)
    return [
      `is FAILED: its file has problems, so it can not be started: ${service.problems?.[0] ?? ''}`,
      [advise('fix it; this shows every problem', looking(forms, `check ${shellWord(file)}`))],
    ];
  if (desired === 'down')
    return [`is ${state}: it was stopped${requestOf(request, formatTime)}`, [start('start it again')]];
  const one = instanceInQuestion(service, question.instance);
  if (one?.stopped && question.instance !== undefined) {
    const name = `${slug}.${question.instance}`;
    return [`is stopped; the service is ${state}`, [advise('start it again', changing(forms, `start ${name}`))]];
  }
  if (supervisor === undefined) return withoutSupervisor(question, one);
  return ofInstance(question, one);
}

function requestOf(request: OperatorRequest | undefined, formatTime: (ms: number) => string): string {
  return request === undefined ? '' : ` ${requestWords(request, formatTime)}`;
}

/** The answer for a service that should be up and has no supervisor. */
function withoutSupervisor(question: ServiceQuestion, one: InstanceSnapshot | undefined): Said {
  const { slug, service, forms, clock } = question;
  if (one?.at === 'failed') return ofInstance(question, one);
  if (one?.at === 'finished') return ofInstance(question, one);
  const start = advise('start it now', changing(forms, `start ${slug}`));
  const [warning] = clock?.starts === false ? (clock.warnings ?? []) : [];
  const [why = '', ...commands] = warning === undefined ? [] : splitWarning(warning);
  if (warning !== undefined)
    return [
      `is ${service.state}: no supervisor runs, and none will be started: ${why}`,
      [...fix(commands, question), start],
    ];
  if (clock?.starts !== true)
    return [`is ${service.state}: no supervisor runs, and nothing here shows whether cron starts one`, [start]];
  if (service.state === 'STARTING') return ['is STARTING: cron starts its supervisor at the next full minute', [start]];
  return [`is ${service.state}: no supervisor runs, though cron should start one each minute`, [start]];
}

/** Warnings about the crontab end with the command. */
function splitWarning(warning: string): readonly string[] {
  const at = warning.lastIndexOf(': ');
  return at < 0 ? [warning] : [warning.slice(0, at), warning.slice(at + 2)];
}

function fix([command]: readonly string[], { generate }: ServiceQuestion): readonly Advice[] {
  if (command === undefined || !/^(?:sudo |cron-generate)/.test(command)) return [];
  return [
    advise(command === generate ? 'install the crontab' : 'have cron start services again', ...command.split(' && ')),
  ];
}

function ofInstance(question: ServiceQuestion, one: InstanceSnapshot | undefined): Said {
  const { slug, service, forms, formatTime } = question;
  const { state, sinceMs } = service;
  const since = sinceMs === undefined ? '' : ` since ${formatTime(sinceMs)}`;
  if (one === undefined || one.at === 'up' || one.at === 'starting') {
    if (state === 'UP') return [`is UP${since}`, []];
    if (one !== undefined && question.instance !== undefined)
      return [
        `is ${one.at}; the service is ${state}${since}`,
        [advise('look at it', looking(forms, `status ${slug}`))],
      ];
    if (state === 'STARTING') return [`is STARTING${since}: not all of its instances are up yet`, []];
    return [`is ${state}${since}`, [advise('look at it', looking(forms, `status ${slug}`))]];
  }
  const name = `${slug}.${one.number}`;
  const said = lastSaid(question);
  const because = one.reason ?? (one.lastExit === undefined ? undefined : `it ${one.lastExit.words}`);
  const why = because === undefined ? said : `: ${because}${said}`;
  const logs = advise('read its log', looking(forms, `logs ${name}`));
  switch (one.at) {
    case 'failed':
      return [
        `is ${state}${since}: ${name} was given up${why}`,
        [logs, advise('when the cause is fixed, try it again', changing(forms, `reset ${slug}`))],
      ];
    case 'backoff': {
      const again = one.untilMs === undefined ? 'soon' : `at ${formatTime(one.untilMs)}`;
      return [
        `is ${state}${since}: ${name} has died and starts again ${again}${why}`,
        [logs, advise('start it again at once', changing(forms, `restart ${name}`))],
      ];
    }
    case 'unhealthy':
      return [
        `is ${state}${since}: the probes of ${name} fail${why}`,
        [logs, advise('restart it', changing(forms, `restart ${name}`))],
      ];
    case 'finished':
      return [
        `is ${state}${since}: ${name} has finished${why}`,
        [advise('start it again', changing(forms, `reset ${slug}`))],
      ];
    case 'stopping':
      return [`is ${state}${since}: ${name} is being ended${why}`, []];
    case 'down':
      return one.stopped
        ? [`is ${state}${since}: ${name} is stopped`, [advise('start it again', changing(forms, `start ${name}`))]]
        : [`is ${state}${since}: ${name} is down${why}`, [advise('look at it', looking(forms, `status ${slug}`))]];
    default:
      return [`is ${state}${since}`, [advise('look at it', looking(forms, `status ${slug}`))]];
  }
}

function lastSaid({ words, service, instance }: ServiceQuestion): string {
  const at = instanceInQuestion(service, instance)?.at;
  if (words === undefined || (at !== 'failed' && at !== 'backoff')) return '';
  if ('why' in words) return '; you may not read its log';
  const last = words.lines.at(-1)?.trim();
  return last === undefined ? '' : `; it last printed "${last}"`;
}
