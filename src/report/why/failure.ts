/** Advice about a failed run, by its outcome. */
import { exitCodes, type Outcome } from '../../run/outcome/outcome.ts';
import { shellWord } from '../../text/shell-word.ts';
import { type Advice, advise, changing, looking } from '../advice.ts';
import type { RunSnapshot } from '../latest-runs.ts';
import type { Evidence } from './evidence.ts';

/** `closed`: the log is there, and the caller may not read it. */
export function failureAdvice(
  { outcome, run, logPath }: RunSnapshot,
  { slug, forms, file, runs, user }: Pick<Evidence, 'slug' | 'forms' | 'file' | 'runs' | 'user'>,
  { closed = false }: { readonly closed?: boolean } = {},
): readonly Advice[] {
  const again = changing(forms, `start ${slug}`);
  const isLatest = runs.findLast((one) => one.logPath !== undefined)?.run === run;
  const log = looking(forms, `logs ${slug}${isLatest ? '' : ` --run ${run}`}`);
  const logs = logPath === undefined ? [] : [advise('read the whole log', closed ? `sudo ${log}` : log)];
  const special =
    outcome === undefined ? undefined : specialAdvice(outcome, { file: file.path, user: user.name, forms });
  const [say, ...commands] = special ?? ['when the cause is fixed, run it again'];
  return [...logs, advise(say ?? '', ...commands, again)];
}

interface Places {
  readonly file: string;
  readonly user: string;
  readonly forms: Evidence['forms'];
}

/** The advice, and the commands before the job is started again. */
function specialAdvice(outcome: Outcome, { file, user, forms }: Places): readonly [string, ...string[]] | undefined {
  const check = looking(forms, `check ${shellWord(file)}`);
  switch (outcome.kind) {
    case 'timed-out':
      return [`if it may take longer, raise "timeout" in ${file}; then run it again`];
    case 'broke-rule':
      return [`fix the cause, or "${outcome.rule}" in ${file}; then run it again`];
    case 'left-processes':
      return [`end what it leaves behind, or set "leftovers" in ${file}; then run it again`];
    case 'signalled':
      if (outcome.signal !== 9) return undefined;
      return [
        'SIGKILL is often a sign that memory ran out; see the kernel log, then run it again',
        'sudo dmesg --ctime',
      ];
    case 'interrupted':
    case 'lost':
      return ['if it may run twice, run it again'];
    case 'not-started':
      if (outcome.code === exitCodes.configuration) return ['fix the file, check it, and run the job again', check];
      if (outcome.code === 127) return [`fix "command" in ${file}, check it, and run the job again`, check];
      if (outcome.code === 126) return [`see that ${user} may execute the command, then run it again`];
      if (outcome.code === exitCodes.notPermitted)
        return [`see that it is started as root or ${user}, then run it again`];
      return undefined;
    case 'exited':
      if (outcome.code === 127)
        return ['exit code 127 means that a shell did not find a command; fix that, then run it again'];
      if (outcome.code === 126)
        return ['exit code 126 means that a shell could not execute a command; fix that, then run it again'];
      return undefined;
    case 'stopped':
    case 'skipped':
    case 'missed':
      return undefined;
    default:
      return outcome satisfies never;
  }
}
