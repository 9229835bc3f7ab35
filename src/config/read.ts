/** Merges the files of a configuration and remembers where each value stands. */
import { validateConfig } from '../generated/validators.ts';
import type { Problem } from '../text/problem.ts';
import { type Located, parseYaml } from '../yaml/parse.ts';
import { type ConfigFile, configSchema } from './schema.ts';
import type { ConfigHost, Own, Sources } from './sources.ts';
import { configSynonyms } from './synonyms.ts';
import { readTrusted } from './trust.ts';

/** The merged files, and the file that gave each key. */
export interface Merged {
  readonly values: ConfigFile;
  readonly origins: ReadonlyMap<string, { readonly file: string; readonly written: Located<unknown> }>;
  readonly sources: readonly string[];
  /** The file to which problems of default values are attributed. */
  readonly fallbackFile: string;
  readonly problems: Problem[];
  readonly own?: Own;
}

const format = {
  schema: configSchema,
  validate: validateConfig,
  get synonyms() {
    return configSynonyms();
  },
};

export function readSources(sources: Sources, host: ConfigHost): Merged {
  const values: Record<string, unknown> = {};
  const origins = new Map<string, { file: string; written: Located<unknown> }>();
  const problems: Problem[] = [...sources.unread];
  const read: string[] = [];
  let own = sources.own;
  for (const { path: file, optional } of sources.files) {
    const answer = readTrusted(file, sources.ownerUids, host.files);
    if (answer.is === 'absent' && optional) continue;
    if (answer.is !== 'read') {
      problems.push({
        severity: 'error',
        file,
        message: answer.is === 'absent' ? 'there is no such file' : answer.reason,
      });
      continue;
    }
    // A named file that belongs to root configures the host, not a process-control of the caller's
    // own.
    if (sources.named !== undefined && answer.ownerUid === 0) own = undefined;
    const result = parseYaml<ConfigFile>({ file, bytes: answer.bytes }, format);
    for (const problem of result.ok ? result.warnings : result.problems) problems.push(problem);
    if (!result.ok) continue;
    const { fleet } = result.value.value;
    Object.assign(
      values,
      result.value.value,
      fleet && { fleet: { ...(values.fleet as object | undefined), ...fleet } },
    );
    for (const key of Object.keys(result.value.value)) origins.set(key, { file, written: result.value });
    read.push(answer.path);
  }
  const fallbackFile = read.at(-1) ?? sources.files[0]?.path ?? 'configuration';
  return { values: values as ConfigFile, origins, sources: read, fallbackFile, problems, ...(own && { own }) };
}

type Key = keyof ConfigFile & string;

/** Adds a problem of a value that the schema allows, at the place where the value is written. */
export function addProblem(merged: Merged, key: Key, severity: Problem['severity'], message: string): void {
  const origin = merged.origins.get(key);
  const place = origin?.written.place([key]);
  merged.problems.push({ severity, file: origin?.file ?? merged.fallbackFile, ...place, message });
}

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some(({ severity }) => severity === 'error');
}
