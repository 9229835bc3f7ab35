/** `jobctl host drain`: waits until nothing of the pools runs on a cordoned host. */
import { readHosts, stateOf } from '../../../../fleet/overview/hosts.ts';
import { clock } from '../../../../system/time/clock.ts';
import { print } from '../../../frame/output.ts';
import { refuse } from '../../../frame/refuse.ts';
import { answersFor, notDone } from '../../frame/answers.ts';
import type { HostOrder } from './host-order.ts';
import { patience, unreachableWords } from './with-fleet.ts';

const pollMs = 1000;

/** etcd may be away for so long while a person waits. */
const silenceMs = 60_000;

export async function drain(order: HostOrder): Promise<number> {
  const { host, store, options } = order;
  const answers = answersFor(options);
  // A run may have begun between the first look and the cordon.
  let running: readonly string[] = order.state.runs;
  for (let heardMs = clock.monotonicMs(), isFirst = true; ; isFirst = false) {
    const states = await readHosts(store, patience);
    if (states.is === 'unreachable') {
      if (options.wait && clock.monotonicMs() - heardMs < silenceMs) continue;
      const words = `it is not known what still runs on ${host}: ${unreachableWords(states.reason)}; the cordon stays`;
      return refuse('jobctl', words, notDone);
    }
    heardMs = clock.monotonicMs();
    const { runs } = stateOf(host, states.hosts);
    for (const slug of running) if (!runs.includes(slug)) answers.print(`${slug} has ended\n`);
    if (runs.length === 0 || !options.wait) return ended(order, runs);
    if (isFirst) answers.print(`${host} still runs ${runs.join(', ')}\n`);
    running = runs;
    await new Promise<void>((resolve) => clock.after(pollMs, resolve));
  }
}

function ended({ host, options }: HostOrder, runs: readonly string[]): number {
  if (options.json) {
    print(`${JSON.stringify({ host, drained: runs.length === 0, running: runs })}\n`);
  } else if (runs.length === 0) {
    print(`${host} is drained: nothing of the pools runs there\n`);
  } else {
    print(`${host} still runs ${runs.join(', ')}; to wait for the end: jobctl host drain ${host} --wait\n`);
  }
  return 0;
}
