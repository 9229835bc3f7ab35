/** `jobctl host`: takes a host out of the fleet for a while, brings it back, and frees what a dead one holds. */
import type { Config } from '../../../../config/config.ts';
import { holdBack, letGo } from '../../../../fleet/orders.ts';
import { readHosts, stateOf } from '../../../../fleet/overview/hosts.ts';
import { knownHost } from '../../../../fleet/overview/known-host.ts';
import { cordonWords } from '../../../../fleet/overview/words.ts';
import type { Hold } from '../../../../fleet/store/records.ts';
import { hostZone } from '../../../../system/time/zones.ts';
import type { TxnAnswer } from '../../../../system/types/engine.ts';
import { defined } from '../../../../text/defined.ts';
import { timeText } from '../../../../zone/wall-time.ts';
import { callerName } from '../../../frame/caller-name.ts';
import { print } from '../../../frame/output.ts';
import { refuse } from '../../../frame/refuse.ts';
import { answersFor, notDone } from '../../frame/answers.ts';
import type { Options } from '../../frame/options.ts';
import { drain } from './drain.ts';
import type { HostOrder } from './host-order.ts';
import { lose } from './lose.ts';
import { patience, refuseUnread, unreachableWords, withFleet } from './with-fleet.ts';

export function hostCommand(options: Options, config: Config): Promise<number> {
  return withFleet(config, async ({ store, fleet }) => {
    const states = await readHosts(store, patience);
    if (states.is === 'unreachable') return refuseUnread('nothing was done', states.reason);
    const known = knownHost(options.host ?? '', fleet, states.hosts.keys());
    if (!known.ok) return refuse('jobctl', known.words);
    const { host } = known;
    return act({ host, state: stateOf(host, states.hosts), states, store, options });
  });
}

function act(order: HostOrder): Promise<number> {
  switch (order.options.action) {
    case 'cordon':
      return cordon(order);
    case 'uncordon':
      return uncordon(order);
    case 'drain':
      return drainHost(order);
    case 'lost':
      return lose(order);
    default:
      throw new Error(`there is no "jobctl host ${order.options.action}"`);
  }
}

async function cordon(order: HostOrder): Promise<number> {
  const { host, state, options } = order;
  const answer = await writeCordon(order);
  if (answer.is === 'over') return answer.exitCode;
  if (options.json) {
    const { hold: cordoned } = answer;
    print(`${JSON.stringify({ host, cordoned, ...defined({ replaced: state.cordon }), running: state.runs })}\n`);
  } else if (state.runs.length > 0) {
    answersFor(options).print(
      `${host} still runs ${state.runs.join(', ')}; to wait for the end: jobctl host drain ${host} --wait\n`,
    );
  }
  return 0;
}

async function drainHost(order: HostOrder): Promise<number> {
  // Who has cordoned it, and why, stays on record.
  const isHeld = order.state.cordon !== undefined && order.options.reason === undefined;
  const answer = isHeld ? undefined : await writeCordon(order);
  return answer?.is === 'over' ? answer.exitCode : drain(order);
}

type Cordoned = { readonly is: 'cordoned'; readonly hold: Hold } | { readonly is: 'over'; readonly exitCode: number };

/** After it nothing of the pools starts there. */
async function writeCordon({ host, state, states, store, options }: HostOrder): Promise<Cordoned> {
  const format = timeText(hostZone());
  const hold: Hold = { by: callerName(), atMs: Math.round(states.time.nowMs), ...defined({ reason: options.reason }) };
  const done = await holdBack({ host }, hold, store, patience);
  if (done.is !== 'done') return { is: 'over', exitCode: unknown(`whether ${host} is cordoned`, done) };
  const answers = answersFor(options);
  answers.print(`${host} cordoned ${cordonWords(hold, format)}; nothing of the pools starts there\n`);
  if (state.cordon !== undefined)
    answers.print(`${host} this replaces another cordon: ${cordonWords(state.cordon, format)}\n`);
  return { is: 'cordoned', hold };
}

async function uncordon({ host, state, store, options }: HostOrder): Promise<number> {
  const wasCordoned = state.cordon !== undefined;
  const done = await letGo({ host }, store, patience);
  if (done.is !== 'done') return unknown(`whether ${host} is still cordoned`, done);
  if (options.json) print(`${JSON.stringify({ host, wasCordoned })}\n`);
  else print(`${host} ${wasCordoned ? 'uncordoned' : 'was not cordoned'}\n`);
  return 0;
}

/** The answer to a change did not come, so it may have been made. */
function unknown(what: string, done: TxnAnswer): number {
  const why = done.is === 'unreachable' ? unreachableWords(done.reason) : 'etcd has refused the change';
  return refuse('jobctl', `it is not known ${what}: ${why}; type the command again`, notDone);
}
