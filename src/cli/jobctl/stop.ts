/** `jobctl stop`: ends runs, and says what became of each. */
import type { Config } from '../../config/config.ts';
import { loadJob } from '../../job/load.ts';
import { killSentence } from '../../report/kill-text.ts';
import { exitCodes } from '../../run/outcome.ts';
import { files } from '../../system/files.ts';
import { print, say } from '../parts/output.ts';
import { stopRun } from '../parts/stop-run.ts';
import { chooseJobs } from './jobs.ts';
import type { Options } from './options.ts';

/** For a job whose file can't tell: what a job file says when it says nothing. */
const usualGraceSeconds = 10;

export async function stop(options: Options, config: Config): Promise<number> {
  const chosen = chooseJobs(options, config, 'refuse');
  if (!chosen.ok) return chosen.exitCode;
  const codes = await Promise.all(chosen.slugs.map((slug) => stopOne(slug, options, config)));
  return Math.max(0, ...codes);
}

async function stopOne(slug: string, { reason }: Options, config: Config): Promise<number> {
  const loaded = loadJob(slug, config, { files });
  const killGraceSeconds = loaded?.ok === true ? loaded.value.killGraceSeconds : usualGraceSeconds;
  const order = { slug, killGraceSeconds, ...(reason === undefined ? {} : { reason }) };
  const answer = await stopRun(config, order, (holder) => print(`${killSentence(slug, holder)}\n`));
  switch (answer.is) {
    case 'idle':
      print(`${killSentence(slug, undefined)}\n`);
      return 0;
    case 'stopped':
      print(`${slug} has ended.\n`);
      return 0;
    case 'still-running':
      say(
        'jobctl',
        `${slug} is still running; its processes: ${[answer.holder.wrapper?.pid, ...answer.holder.pids].filter(Boolean).join(', ')}`,
      );
      return exitCodes.internal;
    default:
      return answer satisfies never;
  }
}
