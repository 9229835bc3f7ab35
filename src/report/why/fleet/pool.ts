/** Findings about the pool of a job: on a host that does not have it nothing starts it. */
import { elsewhereWords, type Seat, seatWords } from '../../../fleet/seat.ts';
import { shellWord } from '../../../text/shell-word.ts';
import { type Advice, advise, looking } from '../../advice.ts';
import type { Evidence } from '../evidence.ts';
import type { Finding } from '../finding.ts';

export function poolFindings({ slug, forms, job, crontab }: Evidence): readonly Finding[] {
  const seat = job?.seat;
  if (seat === undefined) return [];
  if (seat.isHere) return [{ about: 'pool', is: 'well', words: seatWords(seat) }];
  const there = looking(forms, `${job?.isService ? 'status' : 'why'} ${slug}`);
  const advice = thereAdvice(seat, there, crontab.command);
  return [{ about: 'pool', is: 'stops', words: `it ${elsewhereWords(seat)}`, advice }];
}

/** Advice to look on the host that has the job. */
export function thereAdvice({ hosts: [host] }: Seat, command: string, generate: string): readonly Advice[] {
  if (host === undefined) return [advise('put a host into "fleet.pools" of the configuration, then', generate)];
  return [advise('look there', `ssh ${shellWord(host)} ${command}`)];
}
