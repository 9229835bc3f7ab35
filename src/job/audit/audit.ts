/**
 * Finds problems of a job that no schema can find; most are the warnings that a reviewer would
 * give.
 */
import type { JobContent } from '../job.ts';
import type { WrittenJob } from '../keys/schema.ts';
import { type ValueProblem, warningAt } from '../value-problem.ts';
import type { JobSource } from '../written.ts';

import { auditCommands } from './placed-commands.ts';
import { auditPolicy } from './policy.ts';
import { auditPrivateTmp } from './private-tmp.ts';
import { auditRun, auditService } from './service.ts';
import { auditSpelling, type SpellingOf } from './spelling.ts';

export function auditJob(source: JobSource, content: JobContent, spelling: SpellingOf): readonly ValueProblem[] {
  const { file, merged, tagged } = source;
  return [
    ...(content.service === undefined ? auditRun(file) : auditService(source, content.service)),
    ...auditPolicy(merged, content),
    ...auditPrivateTmp(file, content),
    ...auditCommands(source),
    ...auditMail(source),
    ...auditTimeout(source),
    ...auditTags(tagged),
    ...auditSpelling(file, spelling),
  ];
}

/** Warns of a plain number above the minutes of a day, which was probably meant as seconds. */
function auditTimeout({ get }: JobSource): readonly ValueProblem[] {
  const timeout = get('timeout');
  if (typeof timeout !== 'number' || timeout <= 1440) return [];
  const hours = `${Number((timeout / 60).toFixed(1))}h`;
  const message = `"timeout" is a number of minutes, so ${timeout} is ${hours}; write "${timeout}s" if seconds are meant, or "${hours}"`;
  return [warningAt(['timeout'], message)];
}

function auditMail({ get }: JobSource): readonly ValueProblem[] {
  if ((get('failure_threshold_for_mail') ?? 1) === 1 || get('failmail') !== undefined) return [];
  const message = 'no mail will be sent: there is no "failmail" with a "to_address"';
  return [warningAt(['failure_threshold_for_mail'], message)];
}

function auditTags(tagged: WrittenJob): readonly ValueProblem[] {
  return (['tag', 'tags'] as const)
    .filter((key) => typeof tagged[key] === 'string' && tagged[key].includes(','))
    .map((key) => warningAt([key], `"${tagged[key]}" is one tag; write a list for several: [a, b]`));
}
