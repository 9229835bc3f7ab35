/** A change of a service as messages for its channels: those that hear of failures hear that it is worse, those of recoveries that it is well. */
import type { Channel } from '../job/keys/notices.ts';
import { type Entry, entryName } from './outbox/entry.ts';
import { type ServiceReport, serviceMessage } from './text/service.ts';

export interface ServiceTold {
  readonly report: ServiceReport;
  readonly channels: readonly Channel[];
  /** Of the supervisor. */
  readonly run: string;
  /** Of the state that is told, and now; milliseconds since 1970. */
  readonly sinceMs: number;
  readonly atMs: number;
  readonly fromAddress?: string;
}

/** With the name that each has in the outbox. */
export function serviceEntries(told: ServiceTold): readonly (readonly [string, Entry])[] {
  const { report, channels, run, atMs, sinceMs, fromAddress } = told;
  const occasion = report.what === 'worse' ? 'failure' : 'recovery';
  const { subject, text } = serviceMessage(report);
  const { slug, name, host, state, lines, logPath } = report;
  return channels.flatMap((channel, position) => {
    // A check that pings are sent to wants to know of both.
    if (channel.on !== undefined && !channel.on.includes(occasion)) return [];
    const entry: Entry = {
      ...{ slug, run, channel, atMs, attempts: 0, nextMs: atMs, ofService: true },
      ...(fromAddress !== undefined && { fromAddress }),
      payload: {
        ...{ text: `${subject}\n\n${text}`, subject, body: text, occasion, job: slug, name, host, run },
        outcome: `is ${state}`,
        started: new Date(sinceMs).toISOString(),
        ended: new Date(atMs).toISOString(),
        failures_in_a_row: 0,
        paused: false,
        ...(logPath !== undefined && { log: logPath }),
        remarks: lines,
        tail: '',
      },
    };
    return [[entryName(entry, position), entry] as const];
  });
}
