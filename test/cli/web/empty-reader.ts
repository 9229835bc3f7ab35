/** A host of which nothing is on record. */
import type { HostReader } from '../../../src/cli/web/read/host-reader.ts';

export const emptyReader: HostReader = {
  snapshot: () => {
    throw new Error('there is no snapshot');
  },
  ready: async () => undefined,
  lastWords: () => undefined,
  usualMs: () => undefined,
  record: () => ({ entries: [], days: [], crontab: { path: '/etc/cron.d/process-control' }, next: [] }),
  runsIn: () => new Map(),
  lanesIn: async () => ({ runs: new Map(), unread: 0 }),
  edition: () => 0,
  newest: async () => ({ entries: [], isMore: false }),
  ticksIn: () => [],
  why: () => undefined,
  logPlace: () => undefined,
  log: async () => ({ is: 'none', words: 'there is no log' }),
  followed: () => undefined,
  startCommand: (slug) => `sudo jobctl start ${slug}`,
  hostCommands: () => ({ install: 'sudo cron-generate' }),
};
