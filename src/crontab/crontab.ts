/**
 * Composes the crontab: a header, then the jobs in the order of their slugs, in files of a size
 * that cron reads. A job whose file has problems keeps the line that it has in the present files
 * (present.ts).
 */
import { onWords, type Seat, seatOf } from '../fleet/seat.ts';
import type { JobPool } from '../job/keys/pool-keys.ts';
import type { Fleet } from '../system/types/fleet.ts';
import { defined } from '../text/defined.ts';
import type { Problem } from '../text/problem.ts';
import { finished, type Steps } from '../text/steps.ts';
import { type HeaderValues, header, trigger } from './header.ts';
import type { LastLine, PresentCrontab } from './present.ts';
import { utf8Bound } from './reader.ts';
import { type CronTemplate, commentText } from './template.ts';

/** The part of a valid job that its crontab line depends on. */
export interface CrontabJob {
  readonly slug: string;
  readonly name: string;
  /** The job file. */
  readonly source: string;
  /** Five terms; absent for a service and for a job that only people start. */
  readonly schedule?: string;
  readonly disabled: boolean;
  /** The zone that the job file names, if any. */
  readonly timeZone?: string;
  readonly service: boolean;
  readonly catchUp: boolean;
  /** Only hosts of this pool get lines for it. */
  readonly pool?: JobPool;
}

/** A job whose file has problems. */
export interface BrokenJob {
  readonly slug: string;
  readonly source: string;
  /** The line of the first problem in the job file. */
  readonly line?: number;
}

/** The values that all lines share, from the configuration. */
export interface CrontabFrame {
  readonly header: HeaderValues;
  readonly template: CronTemplate;
  readonly user: string;
  readonly runner: string;
  /** The value of `--config`; absent for the default configuration. */
  readonly config?: string;
  readonly fleet?: Fleet;
}

export interface CrontabOrder extends CrontabFrame {
  readonly jobs: readonly CrontabJob[];
  readonly broken: readonly BrokenJob[];
  readonly present: PresentCrontab;
  /** The minutes of the hour at which a schedule of another zone may be due, as a cron term. */
  readonly dueMinutes: (schedule: string, timeZone: string) => string;
}

/** The state of one job in the crontab, for the report. */
export interface JobLine {
  readonly slug: string;
  readonly state: 'scheduled' | 'unscheduled' | 'service' | 'kept' | 'left out' | 'elsewhere';
  readonly schedule?: string;
  readonly timeZone?: string;
  /** The hosts that have a job of a pool. */
  readonly seat?: Seat;
}

export interface Crontab {
  readonly jobs: readonly JobLine[];
  /** Problems that only show when a line is written. */
  readonly problems: readonly Problem[];
  /**
   * The whole crontab as one text, or as files of at most 9,000 lines named NAME, NAME-2, NAME-3…
   */
  text(): string;
  files(name: string): readonly CrontabFile[];
}

export interface CrontabFile {
  readonly name: string;
  readonly text: string;
}

/** Debian's cron ignores a file of more than 10,000 lines. */
const linesPerFile = 9000;
/** cronie fails to read on after 32,768 characters of comments in a row. */
const commentRunLimit = 12_000;

/** Lines that stay together in one file. */
interface LineGroup {
  readonly text: string;
  readonly lines: number;
  /** True if the lines hold an entry, false if they are only comments. */
  readonly entry: boolean;
  readonly job?: JobLine;
  readonly problem?: Problem;
}

export function composeCrontab(order: CrontabOrder): Crontab {
  return finished(composeSteps(order));
}

/** The same in steps of one job each. */
export function* composeSteps(order: CrontabOrder): Steps<Crontab> {
  const named = [
    ...order.jobs.map((job) => ({ slug: job.slug, write: () => jobGroup(job, order) })),
    ...order.broken.map((job) => ({ slug: job.slug, write: () => keptGroup(job, order) })),
  ];
  named.sort((a, b) => (a.slug < b.slug ? -1 : a.slug > b.slug ? 1 : 0));
  const groups = commonGroups(order);
  for (const { write } of named) {
    groups.push(write());
    yield undefined;
  }
  return {
    jobs: groups.flatMap(({ job }) => job ?? []),
    problems: groups.flatMap(({ problem }) => problem ?? []),
    text: () => paginate(groups, () => header(order.header, 1, ''), Number.POSITIVE_INFINITY).join(''),
    files: (name) =>
      paginate(groups, (part) => header(order.header, part, name), linesPerFile).map((text, index) => ({
        name: index === 0 ? name : `${name}-${index + 1}`,
        text,
      })),
  };
}

/**
 * One pair of lines for all services and all jobs that etcd decides about, and one for all jobs that catch up. run-job itself finds out
 * which jobs these are. The lines for services stay when other hosts have all of them: `--ensure`
 * stops the supervisors that are still here.
 */
function commonGroups(order: CrontabOrder): LineGroup[] {
  const active = order.jobs.filter((job) => !job.disabled);
  const kept = order.broken.length > 0 ? order.present.content() : undefined;
  const claimed = active.some((job) => job.pool?.claims !== undefined && seatIn(order, job)?.isHere);
  const services = active.some((job) => job.service) || claimed || kept?.ensure;
  const isCaughtUp = (job: CrontabJob) =>
    (job.catchUp || job.pool?.claims?.onLostRun === 'rerun') &&
    job.schedule !== undefined &&
    seatIn(order, job)?.isHere !== false;
  const catchUp = active.some(isCaughtUp) || kept?.catchUp;
  return [
    ...(services
      ? [
          pair(
            claimed ? claimedComment : '# Services: start what should be up and is not',
            '* * * * *',
            '--ensure',
            order,
          ),
        ]
      : []),
    ...(catchUp ? [pair('# Runs that were missed while the machine was off', '*/5 * * * *', '--catch-up', order)] : []),
  ];
}

const claimedComment =
  '# Services: start what should be up and is not; etcd: say that this host lives, and which runs are over';

function pair(comment: string, schedule: string, flag: string, order: CrontabOrder): LineGroup {
  const command = commandLine(flag, order);
  return entries(`${comment}\n@reboot ${order.user} ${command}\n${schedule} ${order.user} ${command}\n`);
}

function commandLine(flags: string, { runner, config }: CrontabOrder): string {
  return `${runner} ${flags}${config === undefined ? '' : ` --config ${config}`}`;
}

function jobGroup(job: CrontabJob, order: CrontabOrder): LineGroup {
  const { slug, schedule, timeZone } = job;
  const seat = seatIn(order, job);
  const pooled = defined({ seat });
  if (seat !== undefined && !seat.isHere && !job.disabled)
    return commentGroup(commentText(`# Not on this host: ${slug}, ${onWords(seat)}`), {
      slug,
      state: 'elsewhere',
      ...pooled,
    });
  if (job.service && !job.disabled) return commentGroup(`# Service ${slug}`, { slug, state: 'service', ...pooled });
  if (job.disabled || schedule === undefined)
    return commentGroup(`# Skipping disabled job ${slug}`, { slug, state: 'unscheduled', ...pooled });
  const line: LastLine =
    timeZone === undefined
      ? { schedule, due: false }
      : { schedule: `${order.dueMinutes(schedule, timeZone)} * * * *`, due: true, zoned: { schedule, timeZone } };
  const answer = entry(slug, line, { source: job.source, name: job.name }, order);
  if ('refused' in answer) return leftOut(job, answer.refused);
  return { ...entries(answer.text), job: { slug, state: 'scheduled', ...(line.zoned ?? { schedule }), ...pooled } };
}

function seatIn({ fleet }: CrontabFrame, { slug, pool }: CrontabJob): Seat | undefined {
  return pool === undefined || fleet === undefined ? undefined : seatOf(slug, pool, fleet);
}

function keptGroup(job: BrokenJob, order: CrontabOrder): LineGroup {
  const { slug, source } = job;
  const line = order.present.content().lines.get(slug);
  if (line === undefined) return leftOut(job);
  const answer = entry(slug, line, { source, name: slug }, order);
  if ('refused' in answer) return leftOut(job, answer.refused);
  const why = commentText(`# Last good line of ${slug}: ${place(job)} has a problem, see cron-generate --check`);
  const { schedule } = line;
  return { ...entries(`${why}\n${answer.text}`), job: { slug, state: 'kept', ...(line.zoned ?? { schedule }) } };
}

function leftOut(job: BrokenJob, message?: string): LineGroup {
  const text = `# No line for ${job.slug}: ${place(job)} has a problem, see cron-generate --check`;
  const group = commentGroup(commentText(text), { slug: job.slug, state: 'left out' });
  return message === undefined ? group : { ...group, problem: { severity: 'error', file: job.source, message } };
}

function commentGroup(comment: string, job: JobLine): LineGroup {
  return { text: `${comment}\n`, lines: 1, entry: false, job };
}

function entries(text: string): LineGroup {
  return { text, lines: text.split('\n').length - 1, entry: true };
}

/**
 * The place of a problem without its message: fewer people may be allowed to read the job file than
 * the crontab.
 */
function place({ source, line }: BrokenJob): string {
  return line === undefined ? source : `${source}:${line}`;
}

function entry(
  slug: string,
  line: LastLine,
  { source, name }: { readonly source: string; readonly name: string },
  order: CrontabOrder,
): ReturnType<CronTemplate['expand']> {
  const { schedule, due, zoned } = line;
  const command = commandLine(due ? `--due --job ${slug}` : `--job ${slug}`, order);
  const answer = order.template.expand({ source, schedule, user: order.user, command, slug, name });
  if ('refused' in answer || zoned === undefined) return answer;
  return { text: `# ${slug} follows ${zoned.schedule} ${zoned.timeZone}\n${answer.text}` };
}

/**
 * A file that grows group by group. `lines` counts for Debian's cron, `quiet` counts characters of
 * comments in a row for cronie.
 */
interface Page {
  text: string;
  lines: number;
  quiet: number;
}

function paginate(groups: readonly LineGroup[], start: (part: number) => string, lineLimit: number): string[] {
  const pages: Page[] = [];
  let page = newPage(start(1));
  for (const group of groups) {
    if (page.lines + group.lines + 1 > lineLimit) {
      pages.push(page);
      page = newPage(start(pages.length + 1));
    }
    append(page, group);
  }
  return [...pages, page].map(({ text }) => text);
}

function newPage(text: string): Page {
  return { text, lines: text.split('\n').length - 1, quiet: 0 };
}

function append(page: Page, group: LineGroup): void {
  if (page.quiet > commentRunLimit) {
    page.text += `${trigger}\n`;
    page.lines += 1;
    page.quiet = 0;
  }
  page.text += group.text;
  page.lines += group.lines;
  page.quiet = group.entry ? 0 : page.quiet + utf8Bound(group.text);
}
