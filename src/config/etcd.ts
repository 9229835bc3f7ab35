/** The way to etcd as programs use it, and what no schema can say about it. */
import type { EtcdAccess } from '../system/types/fleet.ts';
import { defined } from '../text/defined.ts';
import { normalise } from './defaults.ts';
import type { ConfigFile } from './schema.ts';

type WrittenEtcd = NonNullable<NonNullable<ConfigFile['fleet']>['etcd']>;

export function etcdOf(written: WrittenEtcd): {
  readonly etcd: EtcdAccess;
  readonly problems: readonly string[];
} {
  const { endpoints, ca_file, cert_file, key_file, user, password_file, prefix = '/process-control/' } = written;
  const path = (file: string | undefined) => (file === undefined ? undefined : normalise(file));
  const etcd: EtcdAccess = {
    endpoints: [...new Set(endpoints.map((endpoint) => endpoint.replace(/\/$/, '')))],
    prefix,
    ...defined({
      caFile: path(ca_file),
      certFile: path(cert_file),
      keyFile: path(key_file),
      user,
      passwordFile: path(password_file),
    }),
  };
  return { etcd, problems: [...pairProblems(written), ...openProblems(etcd)] };
}

const pairs = [
  ['cert_file', 'key_file'],
  ['user', 'password_file'],
] as const;

function pairProblems(written: WrittenEtcd): readonly string[] {
  return pairs.flatMap(([one, other]) => {
    if ((written[one] === undefined) === (written[other] === undefined)) return [];
    const [given, missing] = written[one] === undefined ? [other, one] : [one, other];
    return [`"fleet.etcd" has "${given}", so it needs "${missing}"`];
  });
}

/** The problem of a password that would be sent where others can read it. */
function openProblems({ endpoints, user }: EtcdAccess): readonly string[] {
  if (user === undefined) return [];
  const open = endpoints.find((endpoint) => endpoint.startsWith('http:') && !isThisHost(endpoint));
  return open === undefined
    ? []
    : [`"fleet.etcd.user" needs https: to ${open} its password would be sent where others can read it`];
}

function isThisHost(endpoint: string): boolean {
  return /^http:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]):/.test(endpoint);
}
