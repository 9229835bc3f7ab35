/** The rules of all keys of a job file, and what they mean for one job. */
import type { Job } from '../../../../job/job.ts';
import type { Circumstances, Key, Rule, Rules } from './rule.ts';
import { runRules } from './run-rules.ts';
import { serviceRules } from './service-rules.ts';

/** The compiler refuses a key of the schema that is not here. */
export const rules: Rules<Key> = { ...runRules, ...serviceRules };

const everyRule = (Object.entries(rules) as [Key, Rule | readonly Rule[]][]).flatMap(([key, all]) =>
  [all].flat().map((rule) => [key, rule] as const),
);

/** The losses of one job, by key. */
export interface Judgement {
  readonly losses: ReadonlyMap<Key, string>;
  readonly warnings: ReadonlyMap<Key, string>;
  /** Keys that the job uses and that no pod has. */
  readonly notOfAPod: readonly Key[];
}

export function judge(job: Job, circumstances: Circumstances): Judgement {
  const losses = new Map<Key, string>();
  const warnings = new Map<Key, string>();
  const notOfAPod: Key[] = [];
  for (const [key, rule] of everyRule) {
    if (rule === 'said') continue;
    if (rule.is === 'not-of-a-pod') {
      if (rule.isUsed(job)) notOfAPod.push(key);
      continue;
    }
    const words = rule.words(job, circumstances);
    if (words !== undefined) (rule.is === 'loss' ? losses : warnings).set(key, words);
  }
  return { losses, warnings, notOfAPod };
}
