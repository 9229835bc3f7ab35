/** The host that a person means. */
import type { Fleet } from '../../system/types/fleet.ts';
import { nearest } from '../../text/nearest.ts';
import { hostWords } from '../seat.ts';

export type KnownHost =
  | { readonly ok: true; readonly host: string }
  /** A sentence: 'no pool has the host "web9", only web1, web2; did you mean web1?' */
  | { readonly ok: false; readonly words: string };

/** `others`: hosts in no pool of which the engine knows something. */
export function knownHost(written: string, { pools }: Fleet, others: Iterable<string>): KnownHost {
  const host = written.toLowerCase().replace(/\.$/, '');
  const pooled = [...new Set(Object.values(pools).flat())];
  const all = [...new Set([...pooled, ...others])];
  if (all.includes(host)) return { ok: true, host };
  const alike = all.filter((name) => shortName(name) === shortName(host));
  const [guess = nearest(host, all)] = alike.length === 1 ? alike : [];
  const advice = guess === undefined ? '' : `; did you mean ${guess}?`;
  return { ok: false, words: `no pool has the host "${written}", only ${hostWords(pooled)}${advice}` };
}

function shortName(host: string): string | undefined {
  return host.split('.')[0];
}
