/**
 * Audits failure rules and retries: invalid regular expressions, and rules that contradict each
 * other or have no effect.
 */
import type { JobContent } from '../job.ts';
import type { WrittenJob } from '../keys/schema.ts';
import { errorAt, type ValueProblem, warningAt } from '../value-problem.ts';

export function auditPolicy(
  written: WrittenJob,
  job: Pick<JobContent, 'policy' | 'timeoutSeconds' | 'logMaxBytes' | 'service'>,
): readonly ValueProblem[] {
  return [
    ...auditLogSize(job),
    ...auditExpression('fail_on_output', written.fail_on_output),
    ...auditExpression('require_output', written.require_output),
    ...auditCodes(job),
    ...auditRetries(written, job),
    ...auditDurations(job),
  ];
}

const leastLogBytes = 1 << 20;

function auditLogSize({
  logMaxBytes = leastLogBytes,
  service,
}: Pick<JobContent, 'logMaxBytes' | 'service'>): readonly ValueProblem[] {
  if (service !== undefined || logMaxBytes >= leastLogBytes) return [];
  const message = '"log_max_size" of a job must be at least 1M, or 0 for a log of any size';
  return [errorAt(['log_max_size'], message)];
}

type ExpressionKey = 'fail_on_output' | 'require_output';

function auditExpression(key: ExpressionKey, source: string | undefined): readonly ValueProblem[] {
  if (source === undefined) return [];
  const problem = syntaxError(source);
  if (problem !== undefined) {
    const message = `"${key}" is not a regular expression: ${problem}; ${adviceOn(source)}`;
    return [errorAt([key], message)];
  }
  if (repeatsRepetition.test(source)) {
    return [
      warning(
        key,
        `"${key}" repeats a repetition, for which a line can take for ever; a run whose output takes more than a second to search has failed`,
      ),
    ];
  }
  if (/^\.[*+]/.test(source)) {
    return [
      warning(
        key,
        `"${key}" begins with "${source.slice(0, 2)}", which changes nothing but makes it slow: leave it out`,
      ),
    ];
  }
  return [];
}

/**
 * Matches `(a+)+`, `(\w+\s?)*`, `(.*,)*`: if a line does not match, the engine tries all of the
 * many ways to split it into repetitions.
 */
const repeatsRepetition = /\((?:[^()\\]|\\.)*(?:[*+](?:(?:[^()\\|?*+]|\\.)[?*])*|\.[*+](?:[^()\\]|\\.))\)[*+{]/;

function syntaxError(source: string): string | undefined {
  try {
    new RegExp(source);
    return undefined;
  } catch (error) {
    // The message is "Invalid regular expression: /(/: Unterminated group".
    return (error as Error).message.replace(/^.*\/\w*: /s, '').toLowerCase();
  }
}

function adviceOn(source: string): string {
  if (/\(\?[a-z]+\)/.test(source)) return 'JavaScript has no (?i): write [Ee]rror for either case';
  return 'write a backslash before a character that means itself, and quote the whole with single quotes';
}

function auditCodes({ policy }: Pick<JobContent, 'policy'>): readonly ValueProblem[] {
  const both = policy.unrecoverableExitCodes.filter((code) => policy.successExitCodes.includes(code));
  if (both.length === 0) return [];
  const message = `${both.join(', ')} means success ("success_exit_codes"), so it never pauses the job: leave it out`;
  return [warning('unrecoverable_exit_codes', message)];
}

function auditRetries(written: WrittenJob, { policy }: Pick<JobContent, 'policy'>): readonly ValueProblem[] {
  const { maxFailures, backoff } = policy;
  if (maxFailures === 1) {
    if (written.backoff === undefined) return [];
    return [warning('backoff', 'nothing is tried again without "max_task_failures"')];
  }
  if (backoff.initialSeconds > backoff.maxSeconds) {
    return [warning('backoff', `"initial" is more than "max", so each wait takes ${backoff.maxSeconds} s`)];
  }
  if (maxFailures !== Number.POSITIVE_INFINITY || Math.min(backoff.initialSeconds, backoff.maxSeconds) >= 1) return [];
  return [
    warning(
      'backoff',
      'a command that fails at once is tried again without a pause, for ever: make "initial" 1s at least',
    ),
  ];
}

function auditDurations({
  policy,
  timeoutSeconds,
}: Pick<JobContent, 'policy' | 'timeoutSeconds'>): readonly ValueProblem[] {
  if (timeoutSeconds === 0) return [];
  const { minDurationSeconds = 0, warnDurationSeconds = 0, maxFailures } = policy;
  const neverWell = minDurationSeconds >= timeoutSeconds;
  const neverWarns = warnDurationSeconds >= timeoutSeconds && maxFailures === 1;
  return [
    ...(neverWell ? [warning('min_duration', 'no run can succeed: its timeout comes before')] : []),
    ...(neverWarns ? [warning('warn_duration', 'there is never a warning: the timeout comes before')] : []),
  ];
}

function warning(key: keyof WrittenJob, message: string): ValueProblem {
  return warningAt([key], message);
}
