/** Opens the etcd of the configuration: reads its credentials, and keeps the token of a login for the next program. */
import process from 'node:process';
import { crc32 } from 'node:zlib';
import { readCertificates, readSecret, readSecretFile, type SecretRead } from '../../file/named-file.ts';
import type { EtcdAccess } from '../../types/fleet.ts';
import type { Cache } from '../../types/state.ts';
import { type EtcdEngine, etcd } from './etcd.ts';
import type { Tls } from './exchange.ts';
import type { EtcdSettings, Login } from './gateway.ts';

export type OpenedEtcd =
  | { readonly is: 'open'; readonly engine: EtcdEngine }
  /** A clause that names the file: "/etc/…/password: everyone can read it, so it is not used: chmod o-r". */
  | { readonly is: 'refused'; readonly reason: string };

/** `tokens` keeps the tokens of logins; absent: each program logs in for itself. */
export function openEtcd(access: EtcdAccess, tokens: Cache | undefined): OpenedEtcd {
  const tls = tlsOf(access);
  if (!tls.ok) return { is: 'refused', reason: tls.reason };
  const login = loginOf(access, tokens);
  if (login?.ok === false) return { is: 'refused', reason: login.reason };
  const settings: EtcdSettings = {
    endpoints: access.endpoints,
    ...tls.value,
    ...(login !== undefined && { login: login.value }),
  };
  return { is: 'open', engine: etcd(settings) };
}

type Read<T> = { readonly ok: true; readonly value: T } | Extract<SecretRead, { ok: false }>;

function tlsOf({ caFile, certFile, keyFile }: EtcdAccess): Read<Tls> {
  const tls: { ca?: string; cert?: string; key?: string } = {};
  for (const [part, file, read] of [
    ['ca', caFile, readCertificates],
    ['cert', certFile, readCertificates],
    ['key', keyFile, readSecretFile],
  ] as const) {
    if (file === undefined) continue;
    const found = read(file);
    if (!found.ok) return found;
    tls[part] = found.secret;
  }
  const odd = contextProblem(tls);
  const named = [caFile, certFile, keyFile].filter((file) => file !== undefined).join(', ');
  return odd === undefined ? { ok: true, value: tls } : { ok: false, reason: `${named}: ${odd}` };
}

/** Node.js makes the same of them at each connection, and throws there. */
function contextProblem(tls: Tls): string | undefined {
  if (Object.keys(tls).length === 0) return undefined;
  try {
    process.getBuiltinModule('node:tls').createSecureContext(tls);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function loginOf({ user, passwordFile, endpoints }: EtcdAccess, tokens: Cache | undefined): Read<Login> | undefined {
  if (user === undefined || passwordFile === undefined) return undefined;
  const password = readSecret(passwordFile);
  if (!password.ok) return password;
  // Another user, cluster or password needs another token.
  const name = `token-${crc32(JSON.stringify([user, password.secret, endpoints])).toString(16)}`;
  const token = { read: () => tokens?.read(name), write: (text: string) => tokens?.write(name, text) };
  return { ok: true, value: { user, password: password.secret, token } };
}
