/** The line of a job in the crontab as it is, as cron-generate would write it, and what cron has against the file. */
import path from 'node:path';
import type { Config } from '../../config/config.ts';
import type { Job } from '../../job/job.ts';
import type { CrontabEvidence } from '../../report/evidence.ts';
import { composeCrontab } from '../../schedule/crontab.ts';
import { lookAtPresent } from '../../schedule/crontab-files.ts';
import { crontabFrame } from '../../schedule/crontab-frame.ts';
import { knownJob } from '../../schedule/crontab-jobs.ts';
import { lineOfJob, usersIn } from '../../schedule/crontab-line.ts';
import { readCrontab, withoutUsers } from '../../schedule/crontab-reader.ts';
import { parseExpression } from '../../schedule/expression.ts';
import { nothingPresent } from '../../schedule/last-good.ts';
import { userLineOfJob } from '../../schedule/user-crontab.ts';
import { caller } from '../../system/caller.ts';
import { files } from '../../system/files.ts';
import { userCrontab } from '../../system/user-crontab.ts';
import { users } from '../../system/users.ts';
import { minutesTerm } from './generate.ts';
import { userCrontabName } from './install-crontab.ts';

const cronDirectory = '/etc/cron.d';

export function crontabEvidence(slug: string, job: Job | undefined, config: Config): CrontabEvidence {
  const wanted = job === undefined ? undefined : wantedLine(job, config);
  const frame = { ...(wanted !== undefined && { wanted }) };
  const { outputCrontab, embedded } = config;
  if (outputCrontab === 'console') return { ...nothingIn(outputCrontab, 'console'), ...frame };
  const file = path.resolve(outputCrontab);
  if (embedded) return { ...ownEvidence(slug), ...(wanted !== undefined && { wanted: withoutUsers(wanted) }) };
  const kind = path.dirname(file) === cronDirectory ? 'cron.d' : 'elsewhere';
  return { ...fileEvidence(slug, file, kind), ...frame };
}

function nothingIn(file: string, kind: CrontabEvidence['kind']): CrontabEvidence {
  return { path: file, kind, lineCount: 0, faults: [], endsWithLineBreak: true, unknownUsers: [] };
}

/** As the crontab would have it that had this job alone. */
function wantedLine(job: Job, config: Config): string | undefined {
  const frame = crontabFrame(config, caller.environment);
  if (!frame.ok) return undefined;
  const scheduleText = (written: string) => {
    const answer = parseExpression(written);
    return answer.ok ? answer.expression.text : written;
  };
  const known = knownJob(job.slug, job.path, {
    result: { ok: true, value: job, warnings: [] },
    scheduleText,
  });
  if (known.is !== 'good') return undefined;
  const order = { ...frame.value, jobs: [known.job], broken: [], present: nothingPresent, dueMinutes: minutesTerm };
  return lineOfJob(composeCrontab(order).text(), job.slug);
}

/** The part that has the job's line, else the main file. */
function fileEvidence(slug: string, file: string, kind: 'cron.d' | 'elsewhere'): CrontabEvidence {
  const there = [...lookAtPresent(files, file, 0).files.values()];
  const withLine = there.find((part) => part.is === 'text' && lineOfJob(part.text, slug) !== undefined);
  const part = withLine ?? there.find(({ name }) => name === path.basename(file));
  if (part === undefined) return nothingIn(file, kind);
  const place = path.join(path.dirname(file), part.name);
  const facts = files.facts(files.resolve(place) ?? place);
  const found = { ...nothingIn(place, kind), ...(facts !== undefined && { facts }) };
  if (part.is === 'unreadable') return { ...found, unreadable: part.reason };
  return part.is === 'text' ? { ...found, ...contentOf(part.text, slug) } : found;
}

function contentOf(text: string, slug: string): Omit<CrontabEvidence, 'path' | 'kind'> {
  const line = lineOfJob(text, slug);
  return {
    lineCount: text.split('\n').length - 1,
    faults: readCrontab(text)
      .faults.slice(0, 5)
      .map((fault) => `line ${fault.line}: ${fault.message}`),
    endsWithLineBreak: text.endsWith('\n'),
    unknownUsers: usersIn(text).filter((name) => users.find(name) === undefined),
    ...(line !== undefined && { line }),
  };
}

/** What crontab(1) lists for the caller: lines without a user. */
function ownEvidence(slug: string): CrontabEvidence {
  const own = nothingIn(userCrontabName, 'own');
  const present = userCrontab.read();
  if (present.is === 'refused') return { ...own, unreadable: present.reason };
  if (present.is === 'none') return own;
  const line = userLineOfJob(present.text, slug);
  const facts = { kind: 'file', uid: caller.euid, mode: 0o600, links: 1, mtimeMs: 0 } as const;
  return { ...own, facts, lineCount: present.text.split('\n').length, ...(line !== undefined && { line }) };
}
