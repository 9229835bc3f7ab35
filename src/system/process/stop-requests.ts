/**
 * Turns signals that mean "end this run" into requests, and ignores signals that would otherwise
 * end or suspend run-job.
 */
import os from 'node:os';
import process from 'node:process';
import { isatty } from 'node:tty';
import type { StopRequest, StopRequests } from '../types/process.ts';

const stopSignals = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const;

/**
 * Signals that run-job ignores, by a handler that does nothing. SIGUSR1 would open Node's inspector
 * on a port; SIGTSTP, SIGTTIN and SIGTTOU would suspend run-job, which then enforces no timeout;
 * SIGPIPE and SIGUSR2 would end it.
 */
const ignoredSignals = ['SIGUSR1', 'SIGUSR2', 'SIGPIPE', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU'] as const;

/** Listens from now on. Requests that come before `onStop` is called are kept for it. */
export function listenForStops(): StopRequests {
  const received: StopRequest[] = [];
  const listeners: ((request: StopRequest) => void)[] = [];
  for (const name of ignoredSignals) process.on(name, () => undefined);
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
