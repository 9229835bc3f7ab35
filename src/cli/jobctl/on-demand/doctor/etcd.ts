/** Checks whether the service user can reach the etcd of the configuration, and what its clock says. */
import type { Config } from '../../../../config/config.ts';
import { clockToleranceMs } from '../../../../fleet/claim/request.ts';
import { readHosts, stateOf } from '../../../../fleet/overview/hosts.ts';
import { cordonWords } from '../../../../fleet/overview/words.ts';
import type { Check } from '../../../../report/text/doctor.ts';
import { unreadableBy } from '../../../../system/file/as-user.ts';
import { clock } from '../../../../system/time/clock.ts';
import { hostZone } from '../../../../system/time/zones.ts';
import type { EtcdAccess } from '../../../../system/types/fleet.ts';
import { timeText } from '../../../../zone/wall-time.ts';
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
  const opened = openFleet(config);
  if (opened.is === 'none') return [];
  if (opened.is === 'refused') return [{ about, is: 'problem', words: opened.reason }];
  try {
    const answer = await answerCheck(opened.fleet, access.prefix);
    if (answer.is === 'problem') return [answer];
    return [answer, ...(await hostChecks(opened.fleet)), ...(await memberChecks(config, access))];
  } finally {
    opened.fleet.engine.close();
  }
}

/** Says that this host is cordoned, and that another host has its name. */
async function hostChecks(fleet: OpenFleet): Promise<readonly Check[]> {
  const { host } = fleet;
  const states = await readHosts(fleet, { patienceMs });
  if (states.is === 'unreachable') return [];
  const { cordon, seen } = stateOf(host, states.hosts);
  const held = cordon && cordonWords(cordon, timeText(hostZone()));
  const isTwice = seen?.beside !== undefined;
  return [
    ...(held === undefined
      ? []
      : [check('warning', `this host is cordoned ${held}; to end that: jobctl host uncordon ${host}`)]),
    ...(isTwice
      ? [check('problem', `another host has the name ${host} too: give each its own "fleet: {host: …}"`)]
      : []),
  ];
}

/** Asks each member alone: the others would hide that one is away. */
async function memberChecks(config: Config, access: EtcdAccess): Promise<readonly Check[]> {
  const { fleet } = config;
  if (fleet === undefined || access.endpoints.length < 2) return [];
  const checks = access.endpoints.map(async (endpoint) => {
    const alone = { ...config, fleet: { ...fleet, etcd: { ...access, endpoints: [endpoint] } } };
    const opened = openFleet(alone);
    if (opened.is !== 'open') return [];
    const answer = await opened.fleet.engine.read([], { patienceMs });
    opened.fleet.engine.close();
    if (answer.is === 'read') return [];
    return [check('warning', `a member does not answer; when most are away nothing is claimed: ${answer.reason}`)];
  });
  return (await Promise.all(checks)).flat();
}

function check(is: Check['is'], words: string): Check {
  return { about, is, words };
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
