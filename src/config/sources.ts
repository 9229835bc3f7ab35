/**
 * Chooses the configuration files for the caller, and the directories of a process-control of the
 * caller's own.
 */
import type { Files } from '../system/types/file.ts';
import type { Caller, User, Users } from '../system/types/user.ts';
import type { Problem } from '../text/problem.ts';
import { unreadFiles, unreadMessage } from '../yaml/unread.ts';
import { configSchema } from './schema.ts';

/**
 * Names that may be given through sudo: a sudo rule for one program must not let its user read
 * root's other files in messages.
 */
const sudoNames = /^\/etc\/process-control(?:-[A-Za-z0-9_-]+)?\.yaml$/;

/** A configuration of this host: the usual one, or that of another service user. */
export interface HostConfig {
  /** `backup` for /etc/process-control-backup.yaml; absent for the usual one. */
  readonly name?: string;
  /** The file to name with `--config`; absent for the usual one, which may be of several files. */
  readonly file?: string;
}

/** The configurations that lie in /etc, the usual one first. Without any it is the usual one: it may be the caller's own. */
export function configsOfHost(files: Pick<Files, 'list' | 'facts'>, directory = '/etc'): readonly HostConfig[] {
  const named = [...(files.list(directory) ?? [])].sort(bytewise).flatMap((file): HostConfig[] => {
    const name = /^process-control-([A-Za-z0-9_-]+)\.yaml$/.exec(file)?.[1];
    return name === undefined ? [] : [{ name, file: `${directory}/${file}` }];
  });
  const hasDropIn = files.list(`${directory}/process-control.d`)?.some((name) => name.endsWith('.yaml'));
  const hasUsual = hasDropIn === true || files.facts(`${directory}/process-control.yaml`) !== undefined;
  return hasUsual || named.length === 0 ? [{}, ...named] : named;
}

/** The files that the caller asks for. Only tests change `systemFile` and `dropInDirectory`. */
export interface Request {
  /** `--config FILE`; wins over PROCESS_CONTROL_CONFIG. */
  readonly named?: string | undefined;
  readonly systemFile?: string;
  readonly dropInDirectory?: string;
  /** The run-job beside the calling program: the default of `runner_path`. */
  readonly runnerPath?: string;
}

export interface ConfigHost {
  readonly files: Files;
  readonly users: Users;
  readonly caller: Caller;
}

export interface Sources {
  /** The files in order; an optional file may be absent. */
  readonly files: readonly { readonly path: string; readonly optional: boolean }[];
  /** Trusted owners of the files: root, and the caller if the caller's own files count. */
  readonly ownerUids: readonly number[];
  readonly named?: string;
  /** Warnings about files that look like configuration and are not read because of their names. */
  readonly unread: readonly Problem[];
  /** Set if the caller has a process-control of their own, unless a file of root's is named. */
  readonly own?: Own;
}

/** The user and the directories of a process-control of the caller's own. */
export interface Own {
  readonly user: User;
  readonly configDirectory: string;
  readonly stateDirectory: string;
  readonly runDirectory: string;
}

export type SourcesAnswer =
  | { readonly ok: true; readonly sources: Sources }
  | { readonly ok: false; readonly file: string; readonly reason: string };

export function chooseSources(host: ConfigHost, request: Request): SourcesAnswer {
  const { files, users, caller } = host;
  const { systemFile = '/etc/process-control.yaml', dropInDirectory = '/etc/process-control.d' } = request;
  const dropInNames = files.list(dropInDirectory) ?? [];
  const dropIns = dropInNames
    .filter((name) => name.endsWith('.yaml') && !name.startsWith('.'))
    .sort(bytewise)
    .map((name) => `${dropInDirectory}/${name}`);
  const hasSystem = files.facts(systemFile) !== undefined || dropIns.length > 0;
  const ownUid = hasSystem || throughSudo(caller) || caller.uid !== caller.euid ? undefined : caller.euid;
  const ownerUids = ownUid === undefined || ownUid === 0 ? [0] : [0, ownUid];
  const own =
    hasSystem || caller.euid === 0 || isDefaultServiceUser(users, caller) ? undefined : ownPlaces(users, caller);
  if (own === null) return { ok: false, file: systemFile, reason: `this host has no user with the uid ${caller.euid}` };

  const named = request.named ?? (caller.environment.PROCESS_CONTROL_CONFIG || undefined);
  if (named !== undefined && throughSudo(caller) && !sudoNames.test(named)) {
    const reason =
      'through sudo only /etc/process-control.yaml and /etc/process-control-NAME.yaml can be named as the configuration';
    return { ok: false, file: named, reason };
  }
  if (named !== undefined) {
    return {
      ok: true,
      sources: { files: [{ path: named, optional: false }], ownerUids, named, unread: [], ...(own && { own }) },
    };
  }
  if (own) {
    const path = `${own.configDirectory}/process-control.yaml`;
    if (ownUid === undefined && files.facts(path) !== undefined) {
      return {
        ok: false,
        file: path,
        reason: 'through sudo a configuration of your own does not count; make it /etc/process-control.yaml',
      };
    }
    const unread = [...unreadTwins(systemFile, files), ...unreadTwins(path, files)];
    return { ok: true, sources: { files: [{ path, optional: true }], ownerUids, unread, own } };
  }
  const all = [{ path: systemFile, optional: true }, ...dropIns.map((path) => ({ path, optional: true }))];
  const unread = [...unreadTwins(systemFile, files), ...unreadFiles(dropInDirectory, dropInNames, files)];
  return { ok: true, sources: { files: all, ownerUids, unread } };
}

/** Warns of `process-control.yml` and the like if there is no `process-control.yaml`. */
function unreadTwins(path: string, files: Files): readonly Problem[] {
  if (files.facts(path) !== undefined) return [];
  const twins = ['yml', 'YAML', 'YML', 'json'].map((ending) => path.replace(/yaml$/, ending));
  return twins
    .filter((twin) => files.facts(twin) !== undefined)
    .map((file) => ({ severity: 'warning', file, message: unreadMessage(file.slice(file.lastIndexOf('/') + 1)) }));
}

/**
 * True if the program was started through sudo or the like. The rights of root must not serve the
 * files of the person who asked.
 */
export function throughSudo({ environment }: Pick<Caller, 'environment'>): boolean {
  return ['SUDO_UID', 'SUDO_USER', 'SUDO_COMMAND', 'DOAS_USER', 'PKEXEC_UID'].some(
    (name) => environment[name] !== undefined,
  );
}

/**
 * Looks the caller up by uid, because a search for a user that may not exist asks LDAP and the
 * like.
 */
function isDefaultServiceUser(users: Users, caller: Caller): boolean {
  return users.find(String(caller.euid))?.name === configSchema.properties.user.default;
}

/**
 * Variables that decide where a process-control of the caller's own is. cron starts run-job without
 * them, so the crontab sets them.
 */
export const ownPlaceVariables = ['XDG_CONFIG_HOME', 'XDG_STATE_HOME', 'XDG_RUNTIME_DIR'];

/**
 * The XDG base directories, or null if the caller is no user. A caller through sudo does not choose
 * them.
 */
function ownPlaces(users: Users, caller: Caller): Own | null {
  const user = users.find(String(caller.euid));
  if (user === undefined) return null;
  const chosen = (name: string) => {
    const value = throughSudo(caller) ? undefined : caller.environment[name];
    return value?.startsWith('/') ? value : undefined;
  };
  const home = chosen('HOME') ?? user.home;
  const state = `${chosen('XDG_STATE_HOME') ?? `${home}/.local/state`}/process-control`;
  const runtime = chosen('XDG_RUNTIME_DIR');
  return {
    user,
    configDirectory: `${chosen('XDG_CONFIG_HOME') ?? `${home}/.config`}/process-control`,
    stateDirectory: state,
    runDirectory: runtime === undefined ? `${state}/run` : `${runtime}/process-control`,
  };
}

function bytewise(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
