/** The check of a schedule by itself, without the clock changes of the host. */
import type { ScheduleCheck } from '../../src/job/audit/schedule.ts';
import { problemsOfCronValidate } from '../../src/schedule/cron-validate.ts';

export const checkSchedule: ScheduleCheck = (schedule) => ({
  errors: problemsOfCronValidate(schedule),
  warnings: [],
});
