/** cron-generate --target kubernetes: prints all jobs as objects of Kubernetes. */
import type { Config } from '../../config/config.ts';
import { throughSudo } from '../../config/sources.ts';
import { canBeLost, exportJobs } from '../../fleet/export/kubernetes/export.ts';
import { readTemplate, type Template } from '../../fleet/export/kubernetes/template.ts';
import { exportText } from '../../fleet/export/kubernetes/text.ts';
import { listJobFiles } from '../../job/folder.ts';
import type { Job } from '../../job/job.ts';
import { loadJob } from '../../job/load.ts';
import { exitCodes } from '../../run/outcome/outcome.ts';
import { files } from '../../system/file/files.ts';
import { sha256 } from '../../system/file/hash.ts';
import { clock } from '../../system/time/clock.ts';
import { caller } from '../../system/user/caller.ts';
import type { Problem } from '../../text/problem.ts';
import { loadSetting } from '../frame/setting.ts';
import { hostZones } from '../frame/zones.ts';
import { checkZone, scheduleChecker } from './check-schedule.ts';
import { type Ending, hasErrors, nothingWritten, printEnding } from './generate-ending.ts';

interface Request {
  readonly allowLoss: readonly string[];
  readonly json: boolean;
  readonly config?: string;
}

const templateLimitBytes = 256 * 1024;

export function exportKubernetes(request: Request): number {
  return printEnding(endingOf(request), request);
}

function endingOf({ allowLoss, config: named }: Request): Ending {
  const strange = allowLoss.find((key) => !canBeLost(key));
  if (strange !== undefined) return nothingWritten(exitCodes.usage, [], `--allow-loss: no job loses "${strange}"`);
  if (throughSudo(caller)) return nothingWritten(exitCodes.notPermitted, [], onlyUnseen);
  const setting = loadSetting(named);
  if (!setting.ok) return nothingWritten(exitCodes.configuration, setting.problems);
  const template = templateOf(setting.value);
  if ('problems' in template)
    return nothingWritten(exitCodes.configuration, [...setting.warnings, ...template.problems]);
  return made(setting.value, { template, allowLoss, warnings: setting.warnings });
}

/** Job files and the configuration may hold secrets that the caller of sudo may not see. */
const onlyUnseen =
  'through sudo nothing is exported, because job files may hold secrets: sudo env -i /usr/bin/cron-generate --target kubernetes';

function templateOf({ kubernetesTemplate: file }: Config): Template | { readonly problems: readonly Problem[] } {
  const refused = (message: string, at = 'kubernetes_template') => ({
    problems: [{ severity: 'error', file: at, message } as const],
  });
  if (file === undefined)
    return refused('is not set: it names a file with a CronJob and a Deployment that have the image of the jobs');
  const read = files.readRegular(file, { limitBytes: templateLimitBytes });
  if (read.is === 'absent') return refused('there is no such file', file);
  if (read.is === 'refused') return refused(read.reason, file);
  const answer = readTemplate(file, Buffer.from(read.bytes).toString('utf8'));
  return answer.ok ? answer.template : answer;
}

interface Parts {
  readonly template: Template;
  readonly allowLoss: readonly string[];
  readonly warnings: readonly Problem[];
}

function made(config: Config, { template, allowLoss, warnings }: Parts): Ending {
  const loaded = loadJobs(config);
  if ('problem' in loaded) return nothingWritten(exitCodes.configuration, [...warnings, loaded.problem]);
  const exported = exportJobs({
    jobs: loaded.jobs,
    template,
    allowed: new Set(allowLoss),
    zones: hostZones(),
    nowMs: clock.nowMs(),
    sha256: (text) => sha256(Buffer.from(text)),
  });
  const problems = [...warnings, ...loaded.problems, ...exported.problems];
  const left = [...exported.notOfAPod].map(([key, count]) => `${key} (${count})`).join(', ');
  const { length } = exported.jobs;
  const view = {
    name: 'kubernetes' as const,
    text: exportText(exported),
    value: exported.jobs.flatMap(({ objects }) => objects),
  };
  return {
    exitCode: hasErrors(problems) ? 1 : 0,
    changed: false,
    comment: `${length} of ${loaded.count} jobs printed${left === '' ? '' : `; no pod has these keys, which so many jobs use: ${left}`}`,
    worthSaying: true,
    ...(exported.refused.length > 0 && {
      hint: `to leave out what would be lost, name its keys: --allow-loss ${exported.refused.join(',')}`,
    }),
    jobs: [],
    problems,
    views: length === 0 ? [] : [view],
  };
}

interface LoadedJobs {
  readonly jobs: readonly Job[];
  readonly count: number;
  readonly problems: readonly Problem[];
}

function loadJobs(config: Config): LoadedJobs | { readonly problem: Problem } {
  const names = listJobFiles(config, files);
  if (names.is === 'unlisted') return { problem: names.problem };
  const host = { files, checkSchedule: scheduleChecker(), checkZone };
  const results = names.slugs.flatMap((slug) => loadJob(slug, config, host) ?? []);
  return {
    jobs: results.flatMap((result) => (result.ok ? [result.value] : [])),
    count: results.length,
    problems: [...names.strays, ...results.flatMap((result) => (result.ok ? result.warnings : result.problems))],
  };
}
