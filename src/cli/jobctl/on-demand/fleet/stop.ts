/** `jobctl stop` of a run on another host: writes the order that its run-job looks for, and waits for the end. */
import type { Config } from '../../../../config/config.ts';
import { orderStop } from '../../../../fleet/orders.ts';
import { isThere, readHosts, stateOf } from '../../../../fleet/overview/hosts.ts';
import { type FleetJobState, readFleetJobs } from '../../../../fleet/overview/jobs.ts';
import { seenWords } from '../../../../fleet/overview/words.ts';
import type { Holder } from '../../../../fleet/store/records.ts';
import { exitCodes } from '../../../../run/outcome/outcome.ts';
import { clock } from '../../../../system/time/clock.ts';
import { hostZone } from '../../../../system/time/zones.ts';
import { durationWords } from '../../../../text/duration.ts';
import { timeText } from '../../../../zone/wall-time.ts';
import { callerName } from '../../../frame/caller-name.ts';
import { type OpenFleet, openFleet } from '../../../run/fleet/open-fleet.ts';
import type { ActResult, Answers } from '../../frame/answers.ts';
import { notDone } from '../../frame/answers.ts';
import { patience, unreachableWords } from './with-fleet.ts';

export interface StopElsewhere {
  readonly slug: string;
  readonly killGraceSeconds: number;
  readonly reason: string | undefined;
  readonly answers: Answers;
}

/** The result; undefined if no other host has a run of the job. */
export async function stopElsewhere(order: StopElsewhere, config: Config): Promise<ActResult | undefined> {
  const opened = openFleet(config);
  if (opened.is === 'none') return undefined;
  if (opened.is === 'refused') return failed(order, opened.reason, exitCodes.configuration);
  const store = opened.fleet;
  try {
    const state = await stateNow(order.slug, store);
    if (typeof state === 'string') return failed(order, state);
    if (state.isRunUnread) return failed(order, "the record of its run can't be read");
    return state.run === undefined || state.run.host === store.host
      ? undefined
      : await stopRun(state.run, order, store);
  } finally {
    store.engine.close();
  }
}

const pollMs = 1000;

/** The other host looks for orders each 5 s, and records the run after its end. */
const afterGraceMs = 20_000;

async function stopRun(holder: Holder, order: StopElsewhere, store: OpenFleet): Promise<ActResult> {
  const { slug, killGraceSeconds, reason, answers } = order;
  const { run, host } = holder;
  const by = callerName();
  const done = await orderStop(slug, { run, why: reason ?? '', by }, store, patience);
  if (done.is === 'unreachable') return failed(order, unreachableWords(done.reason));
  answers.print(`${slug} runs on ${host}, which is asked to end run ${run}\n`);
  const untilMs = clock.monotonicMs() + killGraceSeconds * 1000 + afterGraceMs;
  for (;;) {
    const state = await stateNow(slug, store);
    if (typeof state !== 'string' && state.run?.run !== run && !state.isRunUnread) return ended(holder, state, order);
    if (clock.monotonicMs() >= untilMs)
      return typeof state === 'string' ? failed(order, state) : stillThere(holder, order, store);
    await new Promise<void>((resolve) => clock.after(pollMs, resolve));
  }
}

function ended({ run, host, tickMs }: Holder, { ticks }: FleetJobState, { slug, answers }: StopElsewhere): ActResult {
  const fate = ticks.find((tick) => tick.tickMs === tickMs)?.fate;
  const outcome = fate?.fate === 'started' && fate.run === run ? fate.outcome : undefined;
  answers.print(`${slug} has ended on ${host}${outcome === undefined ? '' : `: ${outcome}`}.\n`);
  return { exitCode: 0, value: { stop: 'stopped', stoppedRun: run, host } };
}

async function stillThere({ run, host }: Holder, order: StopElsewhere, store: OpenFleet): Promise<ActResult> {
  const states = await readHosts(store, patience);
  if (states.is === 'unreachable') return failed(order, unreachableWords(states.reason));
  const state = stateOf(host, states.hosts);
  const { nowMs } = states.time;
  const isAway = !isThere(state, nowMs);
  const seen = seenWords(state, nowMs, timeText(hostZone()));
  const advice = isAway
    ? `; ${host} ${seen}; if it is off: jobctl host lost ${host}`
    : `; look there: jobctl why ${order.slug}`;
  const waited = durationWords(order.killGraceSeconds + afterGraceMs / 1000);
  order.answers.say(`${order.slug} still runs on ${host} after ${waited}${advice}`);
  return { exitCode: notDone, value: { stop: 'still-running', stoppedRun: run, host } };
}

async function stateNow(slug: string, store: OpenFleet): Promise<FleetJobState | string> {
  const answer = await readFleetJobs([slug], 'all', store, patience);
  if (answer.is === 'unreachable') return unreachableWords(answer.reason);
  return answer.jobs.get(slug) ?? { slug, ticks: [] };
}

/** The result if it is not known whether it runs on another host. */
function failed({ slug, answers }: StopElsewhere, why: string, exitCode: number = notDone): ActResult {
  answers.say(`it is not known whether ${slug} runs on another host: ${why}`);
  return { exitCode, value: { stop: 'unknown', reason: why } };
}
