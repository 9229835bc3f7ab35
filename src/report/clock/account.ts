/** Finds in shadow(5) why cron starts nothing for an account: it has expired, or has to change its password first. */
import { shellWord } from '../../text/shell-word.ts';
import { dayMs } from '../../zone/zone.ts';
import { type Advice, advise } from '../advice.ts';

export interface AccountEnd {
  readonly words: string;
  readonly advice: readonly Advice[];
}

export function accountEndOf(shadow: string, name: string, nowMs: number): AccountEnd | undefined {
  const fields =
    shadow
      .split('\n')
      .find((line) => line.startsWith(`${name}:`))
      ?.split(':') ?? [];
  const [changed, most, until] = [fields[2], fields[4], fields[7]].map((field) => (field ? Number(field) : -1));
  const today = Math.floor(nowMs / dayMs);
  if (until !== undefined && until >= 0 && today >= until)
    return {
      words: `the account of ${name} has expired, so cron starts nothing for it`,
      advice: [advise('let it last', `sudo chage --expiredate -1 ${shellWord(name)}`)],
    };
  const isOld = most !== undefined && changed !== undefined && most >= 0 && changed >= 0 && today > changed + most;
  if (changed !== 0 && !isOld) return undefined;
  return {
    words: `the password of ${name} has expired, so cron starts nothing for it`,
    advice: [advise('let it last', `sudo chage --maxdays -1 --lastday ${today} ${shellWord(name)}`)],
  };
}
