/**
 * Messages about a change of a service: `worse` is news for failure, `recovered` for recovery;
 * failmail gets both.
 */
import type { Channel } from '../job/keys/notices.ts';
import { defined } from '../text/defined.ts';
import { type Entry, entryName } from './outbox/entry.ts';
import type { Payload } from './payload.ts';
import type { Failmail } from './routing.ts';
import { type ServiceReport, serviceMessage } from './text/service.ts';

export interface ServiceChange {
  readonly report: ServiceReport;
  readonly channels: readonly Channel[];
  readonly failmail?: Pick<Failmail, 'from' | 'to'>;
  /** The id of the supervisor's run. */
  readonly run: string;
  /** The time of the change, and now; milliseconds since 1970. */
  readonly sinceMs: number;
  readonly atMs: number;
  /** Sender of the mails of `notify`; absent: the service user at this host. */
  readonly fromAddress?: string;
}

/** Entries with their names in the outbox. */
export function serviceEntries(change: ServiceChange): readonly (readonly [string, Entry])[] {
  const { report, channels, failmail, run, atMs, fromAddress } = change;
  const payload = payloadOf(change);
  const common = { slug: report.slug, run, atMs, attempts: 0, nextMs: atMs, ofService: true, payload } as const;
  const entries = channels.flatMap((channel, position) => {
    // A ping without `on` gets both.
    if (channel.on !== undefined && !channel.on.some((occasion) => occasion === payload.occasion)) return [];
    const entry: Entry = { ...common, channel, ...defined({ fromAddress }) };
    return [[entryName(entry, position), entry] as const];
  });
  if (failmail === undefined) return entries;
  const mail: Entry = {
    ...{ ...common, isFailmail: true, fromAddress: failmail.from },
    channel: { kind: 'mail', to: failmail.to, on: ['failure', 'recovery'] },
  };
  return [...entries, [entryName(mail, 'failmail'), mail]];
}

function payloadOf({ report, run, atMs, sinceMs }: ServiceChange): Payload {
  const { subject, text } = serviceMessage(report);
  const { slug, name, host, state, lines, logPath } = report;
  return {
    ...{ text: `${subject}\n\n${text}`, subject, body: text, job: slug, name, host, run },
    occasion: report.what === 'worse' ? 'failure' : 'recovery',
    outcome: `is ${state}`,
    started: new Date(sinceMs).toISOString(),
    ended: new Date(atMs).toISOString(),
    failures_in_a_row: 0,
    paused: false,
    ...defined({ log: logPath }),
    remarks: lines,
    tail: '',
  };
}
