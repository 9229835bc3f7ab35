/** `jobctl status` and `why` of a service or of one instance, and `history` of one instance. */

import type { Config } from '../../../config/config.ts';
import { jobPath } from '../../../job/folder.ts';
import { looking } from '../../../report/advice.ts';
import type { ServiceSnapshot } from '../../../report/service-snapshot.ts';
import { unreadableWords } from '../../../report/snapshot.ts';
import { type AnySnapshot, isBroken, noticeWarnings } from '../../../report/text/job.ts';
import { serviceDetails } from '../../../report/text/service.ts';
import { momentForms, parseMoment } from '../../../report/typed/moment.ts';
import type { Answer } from '../../../report/why/answer.ts';
import { instanceInQuestion, serviceAnswer } from '../../../report/why/service-answer.ts';
import { whyText } from '../../../report/why/text.ts';
import { instanceOf, type JournalEntry, parseJournal } from '../../../service/record/journal.ts';
import { stateCode } from '../../../service/service-state.ts';
import { clock } from '../../../system/time/clock.ts';
import { hostZone } from '../../../system/time/zones.ts';
import { defined } from '../../../text/defined.ts';
import { printable } from '../../../text/printable.ts';
import { timeText } from '../../../zone/wall-time.ts';
import { readInstalled } from '../../crontab/installed.ts';
import { realHistory } from '../../frame/host.ts';
import { print, say, terminalColumns } from '../../frame/output.ts';
import { refuse } from '../../frame/refuse.ts';
import { commandForms } from '../../report/command-forms.ts';
import { lastWordsOf } from '../../report/last-words.ts';
import { lookAtService } from '../../report/service-snapshots.ts';
import { openJobs } from '../../report/snapshots.ts';
import { timesOf } from '../../report/times.ts';
import type { Options } from '../frame/options.ts';
import { holderOf, type ServiceTarget, sayGone, targetName } from '../frame/target.ts';
import { failureText, printFacts } from '../status/details.ts';
import { watchStatus } from '../status/watched.ts';

const usualLines = 20;
const whyLines = 5;

export async function serviceStatus(
  { service, slug, instance }: ServiceTarget,
  options: Options,
  config: Config,
): Promise<number> {
  if (options.watch) return watchStatus({ ...options, name: slug }, config);
  const shared = service.seat?.slots === true && instance === undefined ? await sharedOf(slug, config) : undefined;
  const seen = lookAtService(service, holderOf(slug, config), config);
  const shown =
    instance === undefined ? seen : { ...seen, instances: seen.instances.filter(({ number }) => number === instance) };
  const opened = openJobs(config);
  const whole = opened.ok ? opened.jobs.snapshot(slug) : undefined;
  if (options.json) {
    print(`${JSON.stringify({ ...whole, service: shown, ...defined({ slots: shared?.slots }) })}\n`);
  } else {
    const formatTime = timeText(hostZone());
    const view = { formatTime, nowMs: clock.nowMs(), ...besides(whole, formatTime) };
    const log = instance === undefined && whole !== undefined ? failureText(whole, config) : '';
    printFacts(serviceDetails(service, shown, view), log);
    if (shared !== undefined) print(shared.text);
  }
  return seen.desired === 'up' && shared?.code !== undefined ? shared.code : codeOf(seen, shown, instance);
}

/** The instances of a service on all hosts of its pool, as etcd has them. */
async function sharedOf(slug: string, config: Config) {
  const { readSlots, slotLines } = await import('../on-demand/pool-service.ts');
  const answer = await readSlots(slug, config);
  if (answer.is === 'unknown')
    return { text: `\nit is not known what runs on other hosts: ${printable(answer.reason)}\n` };
  const { rules, slots } = answer;
  const lines = slotLines(rules, slots).map((line) => `${printable(line)}\n`);
  const up = slots.filter(({ state }) => state === 'up').length;
  const text = `\n${up} of ${rules.instances} up on all hosts of the pool:\n${lines.join('')}`;
  return { text, slots, code: up >= rules.instances ? 0 : 1 };
}

/**
 * The other facts that operators must know: records that can't be read, and notices that are not
 * delivered.
 */
function besides(whole: AnySnapshot | undefined, formatTime: (ms: number) => string) {
  if (whole === undefined || isBroken(whole)) return { unreadable: undefined, notices: [] };
  return { unreadable: whole.unreadable, notices: noticeWarnings(whole, formatTime) };
}

/** The exit code for the service, or for the instance that was named. */
function codeOf(seen: ServiceSnapshot, shown: ServiceSnapshot, instance: number | undefined): number {
  if (instance === undefined) return stateCode(seen.state);
  const at = shown.instances[0]?.at;
  return at === 'up' ? 0 : at === 'down' || at === 'finished' ? 3 : 1;
}

/**
 * Shows why the service is in its state, what to do, and what led to it; with `--all` also what
 * status shows.
 */
export function serviceWhy(target: ServiceTarget, options: Options, config: Config): number {
  const { slug, service, instance } = target;
  const { json, all, at } = options;
  const now = { nowMs: clock.nowMs(), zone: hostZone(), leaning: 'past' } as const;
  const askedMs = at === undefined ? now.nowMs : parseMoment(at, now);
  if (askedMs === undefined || askedMs > now.nowMs) {
    const words = askedMs === undefined ? `must be ${momentForms(now)}` : 'of a service must be in the past';
    return refuse('jobctl', `--at ${words}, found "${at}"`);
  }
  const seen = lookAtService(service, holderOf(slug, config), config);
  const formatTime = timeText(now.zone);
  const entries = entriesAbout(target, config).filter(({ atMs }) => atMs <= askedMs);
  const journal = entries.slice(-whyLines).map(({ atMs, words }) => `${formatTime(atMs)}  ${words}`);
  const forms = commandForms(config);
  const one = instanceInQuestion(seen, instance);
  const words = lastWordsOf(one?.logPath, `jobctl why ${slug}`, config);
  const installed = readInstalled(config);
  const opened = openJobs(config, timesOf(config));
  const whole = opened.ok ? opened.jobs.snapshot(slug) : undefined;
  const { clock: clockOf, seat } = whole === undefined || isBroken(whole) ? {} : whole;
  const beside = besides(whole, formatTime);
  const present = serviceAnswer({
    warnings: [unreadableWords(slug, beside.unreadable) ?? [], beside.notices].flat(),
    ...{ slug, service: seen, file: jobPath(slug, config), forms, formatTime, generate: installed.command, journal },
    ...defined({ instance, clock: clockOf, words, seat }),
  });
  const answer = at === undefined ? present : pastAnswer(target, entries, formatTime(askedMs));
  const name = targetName(target);
  const shown = instance === undefined ? seen : { ...seen, instances: seen.instances.filter((each) => each === one) };
  if (json) print(`${JSON.stringify({ ...whole, service: shown, ...answer })}\n`);
  else {
    print(
      whyText(answer, undefined, { ...(!all && { more: looking(forms, `why ${name} --all`) }), ...terminalColumns() }),
    );
    if (all) print(`\n${serviceDetails(service, shown, { formatTime, nowMs: now.nowMs, ...beside })}`);
  }
  return at === undefined ? codeOf(seen, shown, instance) : 0;
}

/** The answer about a time in the past, as far as it is on record. */
function pastAnswer(target: ServiceTarget, entries: readonly JournalEntry[], when: string): Answer {
  const name = targetName(target);
  const state = entries.findLast((entry) => entry.state !== undefined)?.state;
  const last = entries.at(-1)?.words;
  // Only states of the whole service are on record.
  const subject = target.instance === undefined ? 'it' : 'the service';
  const words = state === undefined ? 'nothing is on record of that time' : `${subject} was ${state}`;
  const answer = `${name} at ${when}: ${words}${last === undefined ? '' : `; the last thing before that: ${last}`}`;
  return { answer, advice: [], commands: [], facts: [] };
}

/** Entries about the service; for an instance those about itself and about the whole service. */
function entriesAbout({ slug, instance }: ServiceTarget, config: Config): readonly JournalEntry[] {
  const all = parseJournal(realHistory(config).read(slug));
  return instance === undefined ? all : all.filter((entry) => [undefined, instance].includes(instanceOf(slug, entry)));
}

/** Shows the history of one instance: entries about it, and about the whole service. */
export function instanceHistory(target: ServiceTarget, options: Options, config: Config): number {
  const { slug } = target;
  const count = Number(options.lines ?? usualLines);
  if (!Number.isInteger(count) || count < 1)
    return refuse('jobctl', `--lines must be a whole number, found "${options.lines}"`);
  sayGone(target, config);
  const entries = entriesAbout(target, config).slice(-count);
  const format = timeText(hostZone());
  if (options.json)
    print(entries.map((entry) => `${JSON.stringify({ job: slug, event: 'service', ...entry })}\n`).join(''));
  else if (entries.length === 0) say('jobctl', `${targetName(target)} has never been up`);
  else print(entries.map(({ atMs, words }) => `${format(atMs)}  ${printable(words)}\n`).join(''));
  return 0;
}
