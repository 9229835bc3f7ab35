/** `jobctl host lost`: frees what a host holds of which a person knows that it is off. */
import { isThere, readHosts, stateOf } from '../../../../fleet/overview/hosts.ts';
import { readFleetJobs } from '../../../../fleet/overview/jobs.ts';
import { holderWords, seenWords } from '../../../../fleet/overview/words.ts';
import { freeHost } from '../../../../fleet/run/free-host.ts';
import { hostZone } from '../../../../system/time/zones.ts';
import { absent } from '../../../../system/types/engine.ts';
import { timeText } from '../../../../zone/wall-time.ts';
import { print } from '../../../frame/output.ts';
import { refuse } from '../../../frame/refuse.ts';
import { answersFor, notDone } from '../../frame/answers.ts';
import type { HostOrder } from './host-order.ts';
import { patience, refuseUnread, unreachableWords } from './with-fleet.ts';

export async function lose(order: HostOrder): Promise<number> {
  const { host, state, states, options } = order;
  const format = timeText(hostZone());
  const seen = seenWords(state, states.time.nowMs, format);
  if (isThere(state, states.time.nowMs)) {
    const words = `${host} ${seen}, so it is not lost; to keep runs from starting there: jobctl host drain ${host}`;
    return refuse('jobctl', words, notDone);
  }
  if (state.runs.length === 0) return tellNothing(order);
  return options.yes === true ? free(order) : ask(order, seen);
}

/** Standard input is not the caller's, so the answer is an option. */
async function ask(order: HostOrder, seen: string): Promise<number> {
  const { host, options } = order;
  const held = await heldWords(order);
  if (typeof held === 'number') return held;
  const answers = answersFor(options);
  answers.print(`${host} ${seen}, and holds:\n${held.map((line) => `  ${line}\n`).join('')}`);
  const words = `if ${host} is off, free them; what still runs there would run twice: jobctl host lost ${host} --yes`;
  if (options.json) print(`${JSON.stringify({ host, held: order.state.runs })}\n`);
  return refuse('jobctl', words, notDone);
}

async function heldWords({ state, store }: HostOrder): Promise<readonly string[] | number> {
  const jobs = await readFleetJobs(state.runs, 'holds', store, patience);
  if (jobs.is === 'unreachable') return refuseUnread('nothing was freed', jobs.reason);
  const format = timeText(hostZone());
  return state.runs.map((slug) => {
    const run = jobs.jobs.get(slug)?.run;
    return run === undefined ? slug : `${slug}, ${holderWords(run, format)}`;
  });
}

async function free(order: HostOrder): Promise<number> {
  const { host, store, options } = order;
  const seen = store.keys.seen(host);
  const look = await store.engine.read([{ key: seen }], patience);
  if (look.is === 'unreachable') return refuseUnread('nothing was freed', look.reason);
  // A host that comes back in this moment goes on with its runs.
  const guards = [{ key: seen, modified: look.entries[0]?.modified ?? absent }];
  const whileOver = (_slug: string, act: () => Promise<void>) => act();
  const freed = await freeHost({ host, whileOver, outcomeOf: () => undefined, guards }, store, patience);
  if (freed.is === 'unreachable') {
    const words = `it is not known what was freed: ${unreachableWords(freed.reason)}; type the command again`;
    return refuse('jobctl', words, notDone);
  }
  const format = timeText(hostZone());
  for (const { slug, run, tickMs } of freed.runs)
    answersFor(options).print(`${slug} freed: run ${run} of the tick ${format(tickMs)} is lost\n`);
  if (options.json) print(`${JSON.stringify({ host, freed: freed.runs })}\n`);
  return leftOver(order);
}

async function leftOver({ host, store }: HostOrder): Promise<number> {
  const states = await readHosts(store, patience);
  if (states.is === 'unreachable') return refuseUnread('it is not known what is left', states.reason);
  const { runs } = stateOf(host, states.hosts);
  if (runs.length === 0) return 0;
  const words = `${host} still holds ${runs.join(', ')}: it has come back, or their records can't be read`;
  return refuse('jobctl', words, notDone);
}

function tellNothing({ host, options }: HostOrder): number {
  print(options.json ? `${JSON.stringify({ host, freed: [] })}\n` : `${host} holds nothing\n`);
  return 0;
}
