/** process-control-web: a page for browsers that shows all jobs and services of this host and changes nothing. It runs until it is asked to end. */

import type { Server } from 'node:http';
import os from 'node:os';
import process from 'node:process';
import type { Config } from '../config/config.ts';
import { exitCodes } from '../run/outcome/outcome.ts';
import { hostZone } from '../system/time/zones.ts';
import { caller } from '../system/user/caller.ts';
import { groupId } from '../system/user/group-id.ts';
import { defined } from '../text/defined.ts';
import { timeText } from '../zone/wall-time.ts';
import { printAnswer, runProgram, say } from './frame/output.ts';
import { openConfig } from './frame/prologue.ts';
import { refuse } from './frame/refuse.ts';
import { latestSnapshot } from './web/latest-snapshot.ts';
import { parseWebOptions, placeOf, program } from './web/options.ts';
import { pageRoutes } from './web/routes.tsx';
import { pageServer } from './web/server.ts';
import { listenOnSocket } from './web/unix-socket.ts';

/** Answers that are under way when the program is asked to end have this long. */
const patienceMs = 2000;

export function main(args: readonly string[]): void {
  runProgram(program, args, () => serve(args));
}

async function serve(args: readonly string[]): Promise<number> {
  const line = parseWebOptions(args);
  if (line.is === 'answered') return printAnswer(line);
  if (caller.uid === 0 || caller.euid === 0)
    return refuse(
      program,
      'it does not run as root: it needs no rights, so give it a user of its own',
      exitCodes.notPermitted,
    );
  const opened = openConfig(line.options.config);
  if (opened.is === 'over') return opened.exitCode;
  const { config } = opened;
  const { socket, base } = placeOf(line.options, config);
  const gid = config.web.group === undefined ? undefined : groupId(config.web.group);
  if (config.web.group !== undefined && gid === undefined)
    return refuse(program, `web.group: this host has no group "${config.web.group}"`, exitCodes.configuration);
  const routes = pageRoutes({
    snapshot: latestSnapshot(config),
    formatTime: timeText(hostZone()),
    tell: ({ message }) => say(program, message),
    base,
  });
  const server = pageServer(routes, hostNames(config));
  const isAsked = endRequest();
  // A socket in the caller's own directories is for the caller alone.
  const access = config.embedded && gid === undefined ? 'owner' : 'group';
  try {
    await listenOnSocket(server, { path: socket, access, ...defined({ gid }) });
  } catch (error) {
    return refuse(program, (error as Error).message, exitCodes.internal);
  }
  say(
    program,
    `the page is at ${socket}; from your own machine: ${tunnelCommand(socket)}, then http://localhost:8080${base}/`,
  );
  await isAsked;
  await close(server);
  return 0;
}

function hostNames({ web }: Config): readonly string[] {
  return ['localhost', '127.0.0.1', '[::1]', os.hostname().toLowerCase(), ...web.hosts];
}

function tunnelCommand(socket: string): string {
  return `ssh -N -L 8080:${socket} ${os.hostname()}`;
}

/** Resolves at the first signal that asks the program to end; a second one ends it at once. */
function endRequest(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), patienceMs).unref();
  });
}
