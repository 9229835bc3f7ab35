/** Turns the signals that mean "end this run" into requests, and takes the teeth out of those that would disturb a wrapper. */
import os from 'node:os';
import process from 'node:process';
import { isatty } from 'node:tty';
import type { StopRequest, StopRequests } from '../types/process.ts';

const stopSignals = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const;

/**
 * SIGUSR1 would open Node's inspector on a port; a stopped wrapper (SIGTSTP, SIGTTIN, SIGTTOU) would enforce no timeout; SIGPIPE and
 * SIGUSR2 would end it. A handler that does nothing prevents each.
 */
const disarmedSignals = ['SIGUSR1', 'SIGUSR2', 'SIGPIPE', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU'] as const;

/** Listens from now on; requests that come before anybody asks are kept. */
export function listenForStops(): StopRequests {
  const received: StopRequest[] = [];
  const listeners: ((request: StopRequest) => void)[] = [];
  for (const name of disarmedSignals) process.on(name, () => undefined);
  for (const name of stopSignals) {
    process.on(name, () => {
      const request: StopRequest = { signal: os.constants.signals[name], ...(isTyped(name) && { typed: true }) };
      received.push(request);
      for (const listener of listeners) listener(request);
    });
  }
  return {
    onStop(listener) {
      listeners.push(listener);
      for (const request of received) listener(request);
    },
  };
}

function isTyped(name: string): boolean {
  return (name === 'SIGINT' || name === 'SIGQUIT') && [0, 1, 2].some((fd) => isatty(fd));
}
