/** Advice about a finding: words for an operator, and commands that can be copied as they are. */

export interface Advice {
  /** A clause in the imperative, without a stop: "fix that, then run it again". */
  readonly say: string;
  /** Each can be typed as it is; empty where only a person can act. */
  readonly run: readonly string[];
}

/** The forms that commands need to have, so that this caller can copy them. */
export interface CommandForms {
  /** Stands in front of commands that change something; empty for root and the service user. */
  readonly changing: '' | 'sudo ';
  /** Stands behind each of our commands: ` --config FILE` if such a file was named. */
  readonly named: string;
}

export function advise(say: string, ...run: readonly string[]): Advice {
  return { say, run };
}

export function looking({ named }: Pick<CommandForms, 'named'>, words: string): string {
  return `jobctl ${words}${named}`;
}

export function changing({ changing: prefix, named }: CommandForms, words: string): string {
  return `${prefix}jobctl ${words}${named}`;
}

/**
 * The advice in one line, where there is no room for more: "set the owner: sudo chown root FILE".
 */
export function adviceText(advice: readonly Advice[]): string {
  return advice.map(({ say, run }) => [say, run.join(' && ')].filter(Boolean).join(': ')).join('; ');
}

/** Every command, each once. */
export function commandsOf(advice: readonly Advice[]): readonly string[] {
  return [...new Set(advice.flatMap(({ run }) => run))];
}
