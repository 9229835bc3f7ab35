/** Checks whether the service user can reach the etcd of the configuration, and what its clock says. */
import { clockToleranceMs } from '../../../../fleet/claim/request.ts';
import type { Check } from '../../../../report/text/doctor.ts';
import { asUser, unreadableBy } from '../../../../system/file/as-user.ts';
import { clock } from '../../../../system/time/clock.ts';
import { type OpenFleet, openFleet } from '../../../run/fleet/open-fleet.ts';
import { type Ground, unknownTo } from './ground.ts';

const about = 'etcd';
const patienceMs = 5000;

/** Returns nothing where the configuration names no etcd. */
export async function etcdChecks({ config, role }: Ground): Promise<readonly Check[]> {
  const access = config.fleet?.etcd;
  if (access === undefined) return [];
  const secrets = [access.passwordFile, access.keyFile].filter((file) => file !== undefined);
  if (role === 'other' && secrets.length > 0)
    return [unknownTo(about, 'it needs a password or a key that you may not read', 'root')];
  for (const file of [...secrets, access.caFile, access.certFile]) {
    const closed = file === undefined ? undefined : unreadableBy(config.serviceUser, file, 'file');
    if (closed !== undefined) return [{ about, is: 'problem', words: `${file}: ${closed}` }];
  }
  const opened = asUser(config.serviceUser, () => openFleet(config));
  if (opened.is === 'none') return [];
  if (opened.is === 'refused') return [{ about, is: 'problem', words: opened.reason }];
  const check = await answerCheck(opened.fleet, access.prefix);
  opened.fleet.engine.close();
  return [check];
}

async function answerCheck({ engine, keys, host }: OpenFleet, prefix: string): Promise<Check> {
  const answer = await engine.read([{ key: keys.cordon(host) }], { patienceMs });
  if (answer.is === 'unreachable')
    return { about, is: 'problem', words: `it does not answer, so no job of a pool can be claimed: ${answer.reason}` };
  const aheadMs = clock.nowMs() - answer.time.nowMs;
  if (Math.abs(aheadMs) > clockToleranceMs + answer.time.errorMs) {
    const words = `the clock of this host is ${Math.round(Math.abs(aheadMs) / 1000)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} that of etcd, so this host starts no job of a pool: set one of them right`;
    return { about, is: 'problem', words };
  }
  return {
    about,
    is: 'ok',
    words: `it answers, keys are below ${prefix}, and its clock agrees with that of this host`,
  };
}
