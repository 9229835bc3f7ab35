/**
 * The end of what job-scheduler keeps up beside its own runs: services, and, when it is the first
 * process of a container, every other run, which the kernel would kill with it.
 */
import process from 'node:process';
import type { Config } from '../../../config/config.ts';
import { readRecord } from '../../../service/record/record.ts';
import { wrappers } from '../../../system/process/wrappers.ts';
import { stateFiles } from '../../../system/state/state-files.ts';
import { clock } from '../../../system/time/clock.ts';
import type { LockHolder } from '../../../system/types/lock.ts';
import { realLocks } from '../../frame/host.ts';
import { say } from '../../frame/output.ts';

const pollMs = 100;

/** Longer than services and runs usually need to end. */
const patienceMs = 120_000;

/** bin/run-job sets it for the first process of a container. */
const isInit = process.env.PROCESS_CONTROL_INIT === '1';

export async function endOthers(
  config: Config,
  { keepServices, drainMs }: { readonly keepServices: boolean; readonly drainMs: number },
): Promise<void> {
  const locks = realLocks(config, () => undefined);
  const state = stateFiles(config.stateDirectory);
  const living = (isWanted: (slug: string, holder: LockHolder) => boolean) =>
    locks.names().flatMap((slug) => {
      const holder = slug.startsWith('@') ? undefined : locks.holder(slug);
      return holder?.state === 'running' && isWanted(slug, holder) ? [{ slug, holder }] : [];
    });
  const isService = (slug: string, { runId }: LockHolder) =>
    runId !== undefined && readRecord(state, slug)?.run === runId;
  const isRun = (slug: string, holder: LockHolder) => !isService(slug, holder);
  if (isInit) {
    await until(() => living(isRun).length === 0, drainMs);
    await endAll(() => living(isRun));
  }
  if (isInit || !keepServices) await endAll(() => living(isService));
}

type Living = () => readonly { readonly slug: string; readonly holder: LockHolder }[];

async function endAll(living: Living): Promise<void> {
  for (const { holder } of living()) wrappers.askToEnd(holder);
  await until(() => living().length === 0, patienceMs);
  const left = living().map(({ slug }) => slug);
  if (left.length > 0) say('job-scheduler', `not ended yet: ${left.join(', ')}`);
}

async function until(isDone: () => boolean, limitMs: number): Promise<void> {
  const endMs = clock.monotonicMs() + limitMs;
  while (!isDone() && clock.monotonicMs() < endMs) await new Promise<void>((resolve) => clock.after(pollMs, resolve));
}
