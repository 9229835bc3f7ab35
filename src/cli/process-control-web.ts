/** process-control-web: a page for browsers that shows all jobs and services of this host and changes nothing. It runs until it is asked to end. */
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import type { Config } from '../config/config.ts';
import { exitCodes } from '../run/outcome/outcome.ts';
import { clock } from '../system/time/clock.ts';
import { hostZone } from '../system/time/zones.ts';
import { caller } from '../system/user/caller.ts';
import { groupId } from '../system/user/group-id.ts';
import { defined } from '../text/defined.ts';
import { printAnswer, runProgram, say } from './frame/output.ts';
import { openConfig } from './frame/prologue.ts';
import { refuse } from './frame/refuse.ts';
import { type JobMemory, jobMemory } from './report/job-memory.ts';
import { seldom } from './web/answer/seldom.ts';
import { changeFeed, type Feed } from './web/changes/feed.ts';
import { watchFolders } from './web/changes/watched-folders.ts';
import { closeDoors, type Doors, openDoors, tokenProblem } from './web/doors.ts';
import { keepIndex } from './web/index/background.ts';
import type { HistoryIndex } from './web/index/history-index.ts';
import { openIndex } from './web/index/open-index.ts';
import { type LatestSnapshot, latestSnapshot } from './web/latest/latest-snapshot.ts';
import { type Place, parseWebOptions, placeOf, program } from './web/options.ts';
import { hostReader } from './web/read/host-reader.ts';
import { pageRoutes } from './web/routes.tsx';

export function main(args: readonly string[]): void {
  runProgram(program, args, () => serve(args));
}

async function serve(args: readonly string[]): Promise<number> {
  const line = parseWebOptions(args);
  if (line.is === 'answered') return printAnswer(line);
  if (caller.uid === 0 || caller.euid === 0) {
    const words = 'it does not run as root: it needs no rights, so give it a user of its own';
    return refuse(program, words, exitCodes.notPermitted);
  }
  if (line.options.confine !== undefined && !isConfined()) return refuse(program, unconfined, exitCodes.usage);
  const opened = openConfig(line.options.config);
  if (opened.is === 'over') return opened.exitCode;
  const { config } = opened;
  const place = placeOf(line.options, config, ownRuntime());
  const gid = config.web.group === undefined ? undefined : groupId(config.web.group);
  const problem = groupProblem(config, gid) ?? tokenProblem(place);
  if (problem !== undefined) return refuse(program, problem, exitCodes.configuration);
  const asked = endRequest();
  const feed = changeFeed(clock);
  const memory = jobMemory(config);
  const latest = latestSnapshot(config, memory);
  const index = openIndex(config);
  const background = keepIndex({
    ...{ index, clock, tell, names: () => namesOf(latest) },
    ...defined({ directory: ownDirectory(place, line.options.confine, config) }),
  });
  const watching = watchFolders(config, (slug) => {
    latest.changed(slug);
    background.changed(slug);
    feed.tell(slug);
  });
  let doors: Doors;
  try {
    doors = await openDoors({
      routes: routesOf(config, place.base, { feed, latest, memory, index }),
      place,
      hosts: hostNames(config, place),
      // A socket in the caller's own directories is for the caller alone.
      socket: { access: config.embedded && gid === undefined ? 'owner' : 'group', ...defined({ gid }) },
      tell,
    });
  } catch (error) {
    return refuse(program, (error as Error).message, exitCodes.internal);
  }
  sayWhere(place, doors);
  // The first reader waits for less of it.
  void latest.ready();
  background.changed();
  await asked;
  watching.close();
  feed.close();
  await Promise.all([closeDoors(doors), background.end()]);
  return 0;
}

/** True when node itself denies this process to write and to start programs. */
function isConfined(): boolean {
  const { permission } = process as { readonly permission?: { has(scope: string): boolean } };
  return permission !== undefined && !permission.has('child') && !permission.has('fs.write');
}

const unconfined =
  '--confine=DIRECTORY must be the first argument, with a whole path, and needs a node that has permissions (20 and later)';

function groupProblem({ web }: Config, gid: number | undefined): string | undefined {
  return web.group === undefined || gid !== undefined ? undefined : `web.group: this host has no group "${web.group}"`;
}

interface Parts {
  readonly feed: Feed;
  readonly latest: LatestSnapshot;
  readonly memory: JobMemory;
  readonly index: HistoryIndex;
}

function routesOf(config: Config, base: string, { feed, latest, memory, index }: Parts) {
  return pageRoutes({
    reader: hostReader(config, latest, memory, index),
    feed,
    zone: hostZone(),
    tell: ({ message }) => tell(message),
    base,
  });
}

const tell = seldom((words) => say(program, words), clock);

/** No other site can make its own name mean an address, so the one that is listened on is fine. */
function hostNames({ web }: Config, { tcp }: Place): readonly string[] {
  const address = tcp === undefined ? [] : [tcp.host.includes(':') ? `[${tcp.host}]` : tcp.host];
  const names = ['localhost', '127.0.0.1', '[::1]', os.hostname(), ...address, ...web.hosts];
  return names.map((name) => name.toLowerCase());
}

function sayWhere({ socket, proxySocket, base }: Place, { address }: Doors): void {
  if (socket !== undefined) {
    const tunnel = `ssh -N -L 8080:${socket} ${os.hostname()}`;
    say(program, `the page is at ${socket}; from your own machine: ${tunnel}, then http://localhost:8080${base}/`);
  }
  if (proxySocket !== undefined) say(program, `the page is at ${proxySocket}, for a proxy that names its readers`);
  if (address !== undefined) say(program, `the page is at http://${address}${base}/, for who knows a token`);
}

/** The directory that systemd has made for the program (`RuntimeDirectory`). */
function ownRuntime(): string | undefined {
  return madeBySystemd('RUNTIME_DIRECTORY');
}

function madeBySystemd(variable: string): string | undefined {
  const [first = ''] = (process.env[variable] ?? '').split(':');
  return first.startsWith('/') ? first : undefined;
}

/** The program's own directory, in which it may write a file; `undefined` when it has none, for others may use that of a socket that was asked for. */
function ownDirectory({ socket = '' }: Place, confine: string | undefined, { runDirectory }: Config) {
  const usual = path.join(runDirectory, 'web');
  return madeBySystemd('CACHE_DIRECTORY') ?? confine ?? (path.dirname(socket) === usual ? usual : undefined);
}

/** The jobs whose histories are shown. Rejects while they can't be listed. */
async function namesOf(latest: LatestSnapshot): Promise<readonly string[]> {
  await latest.ready();
  const { jobs, services } = latest.get();
  return [...jobs, ...services].map(({ slug }) => slug);
}

/** Resolves at the first signal that asks the program to end; a second one ends it at once. */
function endRequest(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}
