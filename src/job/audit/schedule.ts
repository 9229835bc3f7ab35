/** Audits the schedule of a job and the zone in which it is read. */
import type { Expression } from '../../schedule/expression.ts';
import { lintExpression } from '../../schedule/lint.ts';
import type { ScheduleProblem } from '../../schedule/term.ts';
import type { ZoneProblem } from '../../zone/names.ts';
import type { JobContent } from '../job.ts';
import { errorAt, type ValueProblem, warningAt } from '../value-problem.ts';

export interface ScheduleProblems {
  readonly errors: readonly ScheduleProblem[];
  readonly warnings: readonly ScheduleProblem[];
}

/**
 * Checks a schedule on this host, beyond what the schedule says by itself. Without `timeZone` it is
 * read in the host's zone.
 */
export type ScheduleCheck = (schedule: Expression, timeZone?: string) => ScheduleProblems;

/** Returns the problem of a zone's name, if it has one. */
export type ZoneCheck = (name: string) => ZoneProblem | undefined;

export function auditSchedule({ schedule, timing }: JobContent, check?: ScheduleCheck): readonly ValueProblem[] {
  if (schedule === undefined) return [];
  const { errors, warnings } = check?.(schedule, timing.timeZone) ?? { errors: [], warnings: [] };
  const place = (problem: ValueProblem, { column }: ScheduleProblem) => ({ ...problem, index: column - 1 });
  if (errors.length > 0) return errors.map((one) => place(errorAt(['schedule'], `"schedule": ${one.message}`), one));
  return [...lintExpression(schedule), ...warnings].map((one) =>
    place(warningAt(['schedule'], `"schedule": ${one.message}`), one),
  );
}

/** `isInFile`: the zone stands in the job file, not in `default_job_config`. */
export function auditZone(
  { timing: { timeZone }, schedule }: JobContent,
  isInFile: boolean,
  check?: ZoneCheck,
): readonly ValueProblem[] {
  if (timeZone === undefined) return [];
  const path = ['time_zone'];
  const problem = check?.(timeZone);
  if (problem !== undefined) return [{ severity: problem.severity, path, message: `"time_zone" ${problem.message}` }];
  if (!schedule?.atBoot || !isInFile) return [];
  return [warningAt(path, '"time_zone" changes nothing here: a boot is the same moment in every zone')];
}
