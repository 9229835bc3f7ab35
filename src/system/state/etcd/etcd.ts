/** etcd as the engine of a fleet, by its JSON gateway (etcd 3.4 and later, path `/v3/`). */

import type { Engine, Unreachable } from '../../types/engine.ts';
import { type EtcdSettings, Gateway, type Reply } from './gateway.ts';
import { changeRequest, comparison, entriesIn, rangeRequest } from './wire.ts';

/** gRPC's code for a lease that is not there. */
const notFound = 5;

export interface EtcdEngine extends Engine {
  /** Closes the connections, so that a program can end at once. */
  close(): void;
}

export function etcd(settings: EtcdSettings): EtcdEngine {
  const gateway = new Gateway(settings);
  return {
    async read(ranges, { unlike, ...patience }) {
      const body = { compare: [], success: ranges.map(rangeRequest), failure: [] };
      const reply = await gateway.post('kv/txn', body, patience, unlike);
      return reply.is === 'answer'
        ? { is: 'read', entries: entriesIn(reply.answer), time: reply.time }
        : unreachable(reply);
    },

    async grant(seconds, patience) {
      const { last } = gateway;
      const reply = await gateway.post(
        'lease/grant',
        { TTL: String(seconds) },
        patience,
        last === undefined ? [] : [last],
      );
      if (reply.is !== 'answer') return unreachable(reply);
      const { ID, TTL } = reply.answer;
      if (ID === undefined || TTL === undefined) return { is: 'unreachable', reason: 'no lease in the answer' };
      return { is: 'granted', lease: ID, seconds: Number(TTL), time: reply.time };
    },

    async txn(guards, changes, patience) {
      const body = { compare: guards.map(comparison), success: changes.map(changeRequest), failure: [] };
      const reply = await gateway.post('kv/txn', body, patience);
      if (reply.is === 'refused' && reply.code === notFound) return { is: 'no-lease' };
      if (reply.is !== 'answer') return unreachable(reply);
      const { succeeded = false, header } = reply.answer;
      return succeeded ? { is: 'done', revision: header?.revision ?? '0' } : { is: 'refused' };
    },

    async keepAlive(lease, patience) {
      const reply = await gateway.post('lease/keepalive', { ID: lease }, patience);
      if (reply.is !== 'answer') return unreachable(reply);
      const seconds = Number(reply.answer.TTL ?? 0);
      return seconds > 0 ? { is: 'renewed', seconds } : { is: 'gone' };
    },

    async revoke(lease, patience) {
      const reply = await gateway.post('lease/revoke', { ID: lease }, patience);
      const isDone = reply.is === 'answer' || (reply.is === 'refused' && reply.code === notFound);
      return isDone ? { is: 'revoked' } : unreachable(reply);
    },

    close: () => gateway.close(),
  };
}

function unreachable(reply: Exclude<Reply, { is: 'answer' }>): Unreachable {
  return { is: 'unreachable', reason: reply.reason };
}
