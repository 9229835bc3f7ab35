/** A host with a few jobs, as the page sees it, for tests of what is around the views. */
import { changeFeed } from '../../../src/cli/web/changes/feed.ts';
import { pageRoutes } from '../../../src/cli/web/routes.tsx';
import type { HostSnapshot } from '../../../src/report/host-snapshot.ts';
import { type JobFacts, snapshotJob } from '../../../src/report/snapshot.ts';
import { emptyHistory } from '../../../src/run/history/history.ts';
import type { RunRecord } from '../../../src/run/history/run-record.ts';
import { clock } from '../../../src/system/time/clock.ts';
import { utc } from '../../../src/zone/zone.ts';
import { emptyReader } from './empty-reader.ts';

export const nowMs = Date.UTC(2026, 10, 29, 3, 7, 21);

/** Words of the scene, none of which may reach a reader without rights. */
export const secrets = /backup|archive|shop\.example|nightly|exit code 3/;

export function job(slug: string, runs: readonly RunRecord[], more: Partial<JobFacts['job']> = {}) {
  const failures = runs.length;
  const streak = failures === 0 ? emptyHistory.streak : { failures, failingSinceMs: nowMs - 10_800_000 };
  return snapshotJob({
    job: { slug, name: `${slug} nightly`, tags: ['nightly'], disabled: false, ...more },
    nowMs,
    holder: undefined,
    paused: undefined,
    history: { ...emptyHistory, runs, streak },
  });
}

const failed: RunRecord = {
  run: '20261129-010005-4147f7f4',
  startedMs: nowMs - 60_000,
  endedMs: nowMs - 57_900,
  durationMs: 2100,
  outcome: { kind: 'exited', code: 3 },
};

export const snapshot: HostSnapshot = {
  version: 1,
  host: {
    ...{ name: 'shop.example.org', atMs: nowMs, tookMs: 1, timeZone: 'UTC', version: '1', node: '20' },
    ...{ cron: 'running', undeliveredNotices: 0 },
  },
  jobs: [job('archive', []), job('backup', [failed])],
  services: [],
};

export function sceneRoutes(base: string) {
  const tell = (error: Error): never => {
    throw error;
  };
  return pageRoutes({
    reader: { ...emptyReader, snapshot: () => snapshot },
    zone: utc,
    feed: changeFeed(clock),
    tell,
    base,
  });
}
