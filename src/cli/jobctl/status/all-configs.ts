/**
 * `jobctl status --all-configs`: the jobs of every service user of this host in one table. A jobctl of its own looks at each configuration, so each is
 * read with the rights that it needs and no more, and a broken one hides none of the others.
 */
import process from 'node:process';
import { configsOfHost, type HostConfig } from '../../../config/sources.ts';
import { jobStateCode } from '../../../report/state.ts';
import type { AnySnapshot } from '../../../report/text/job.ts';
import { listedJob } from '../../../report/text/job-row.ts';
import { type ListedJob, listing } from '../../../report/text/listing.ts';
import { exitCodes } from '../../../run/outcome/outcome.ts';
import { files } from '../../../system/file/files.ts';
import { startAsOwn } from '../../../system/program/own-program.ts';
import { clock } from '../../../system/time/clock.ts';
import { hostZone } from '../../../system/time/zones.ts';
import { timeText } from '../../../zone/wall-time.ts';
import { print, printBytes, say } from '../../frame/output.ts';
import { refuse } from '../../frame/refuse.ts';
import type { Options } from '../frame/options.ts';
import { ofTerminal } from '../frame/terminal.ts';

/** Exits with 1 when a job has failed, and with the code of a configuration that could not be looked at. */
export async function statusOfAllConfigs({ name, tag, json = false }: Options): Promise<number> {
  if (name !== undefined)
    return refuse(
      'jobctl',
      `--all-configs shows all jobs; leave out "${name}", or name its configuration with --config`,
    );
  const formatTime = timeText(hostZone());
  const rows: ListedJob[] = [];
  let worst = 0;
  let isFound = false;
  for (const config of configsOfHost(files)) {
    const { code, jobs } = await lookAt(config);
    const shown = tag === undefined ? jobs : jobs.filter(({ tags }) => tags.includes(tag));
    isFound ||= shown.length > 0;
    if (json) for (const job of shown) print(`${JSON.stringify({ config: config.file ?? null, job })}\n`);
    else for (const job of shown) rows.push(named(config, listedJob(job, formatTime)));
    const isSeen = code === 0 || code === 1;
    if (!isSeen) say('jobctl', `the jobs of ${config.file ?? 'the usual configuration'} are not among these`);
    worst = Math.max(worst, isSeen ? codeOf(shown) : code);
  }
  if (tag !== undefined && !isFound && worst === 0) return refuse('jobctl', `no job has the tag "${tag}"`);
  if (!json) printBytes(Buffer.from(listing(rows, { nowMs: clock.nowMs(), formatTime, ...ofTerminal() })));
  return worst;
}

/** The exit code, as `jobctl status` of several jobs gives it. */
function codeOf(jobs: readonly AnySnapshot[]): number {
  return jobs.some((job) => jobStateCode(job) === 1) ? 1 : 0;
}

function named({ name }: HostConfig, row: ListedJob): ListedJob {
  return name === undefined ? row : { ...row, slug: `${name}/${row.slug}` };
}

interface Answer {
  readonly code: number;
  readonly jobs: readonly AnySnapshot[];
}

/** Its words for people go to standard error, as they come. */
function lookAt({ file }: HostConfig): Promise<Answer> {
  const args = ['status', '--json', ...(file === undefined ? [] : [`--config=${file}`])];
  const environment = { ...process.env, PROCESS_CONTROL_CONFIG: undefined };
  const child = startAsOwn({ name: 'jobctl', args, environment }, ['ignore', 'pipe', 'inherit']);
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      const lines = Buffer.concat(chunks).toString('utf8').split('\n').filter(Boolean);
      resolve({ code: code ?? exitCodes.internal, jobs: lines.map((line) => JSON.parse(line) as AnySnapshot) });
    });
  });
}
