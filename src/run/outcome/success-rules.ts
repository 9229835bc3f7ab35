/**
 * What a job's file calls success: exit codes, and what the output and the duration must be like (`success_exit_codes`, `fail_on_output`,
 * `fail_on_stderr`, `require_output`, `min_duration`). The rules are asked of an attempt that would be a success without them.
 */
import type { Policy } from '../../job/keys/policy.ts';
import type { LineFound, LineSearch, OutputWatcher } from '../../system/types/run-log.ts';
import { durationWords, type FailureRule, type Outcome, statusOf } from './outcome.ts';
import { ShownLines } from './shown-lines.ts';

/** Output is searched when so many characters have come together, or when an attempt has ended: each search costs a quarter of a millisecond. */
const batchCharacters = 262_144;

/** The end of one command, by its exit code. */
export function exitOutcome(code: number, { successExitCodes }: Policy): Outcome {
  const accepted = successExitCodes.includes(code);
  return accepted === (code === 0) ? { kind: 'exited', code } : { kind: 'exited', code, accepted };
}

function newLines() {
  return { stdout: new ShownLines(), stderr: new ShownLines() };
}

/** Watches the output of a run, attempt by attempt. */
export class SuccessRules implements OutputWatcher {
  readonly #policy: Policy;
  readonly #search: LineSearch;
  #lines = newLines();
  #firstStderrLine: string | undefined;
  #found = new Map<'fail_on_output' | 'require_output', LineFound>();
  #batch: string[] = [];
  #batchLength = 0;

  constructor(policy: Policy, search: LineSearch) {
    this.#policy = policy;
    this.#search = search;
  }

  /** Whether there is anything to watch for. */
  get isNeeded(): boolean {
    const { failOnStderr, failOnOutput, requireOutput } = this.#policy;
    return failOnStderr || failOnOutput !== undefined || requireOutput !== undefined;
  }

  /** Another attempt begins: what was printed before does not count. */
  begin(): void {
    this.#lines = newLines();
    this.#firstStderrLine = undefined;
    this.#found = new Map();
    this.#clear();
  }

  take(stream: 'stdout' | 'stderr', bytes: Uint8Array): void {
    this.#see(stream, () => this.#lines[stream].take(bytes));
  }

  end(stream: 'stdout' | 'stderr'): void {
    this.#see(stream, () => this.#lines[stream].end());
  }

  /** The lines are not made when nothing asks for them any more. */
  #see(stream: 'stdout' | 'stderr', lines: () => readonly string[]): void {
    const wantsStderr = stream === 'stderr' && this.#policy.failOnStderr && !this.#firstStderrLine;
    const isSearched = this.#open().length > 0;
    if (!wantsStderr && !isSearched) return;
    const seen = lines();
    // Whatever was printed counts, but a line that can be read is the one to quote.
    if (wantsStderr) this.#firstStderrLine = seen.find((line) => line !== '') ?? this.#firstStderrLine ?? seen[0];
    if (isSearched) this.#collect(seen);
  }

  #collect(lines: readonly string[]): void {
    for (const line of lines) {
      this.#batch.push(line);
      this.#batchLength += line.length + 1;
    }
    if (this.#batchLength >= batchCharacters) this.#searchBatch();
  }

  /** The outcome of an attempt, by these rules. It stands in the history, which everybody can read, so it quotes no line of the log. */
  judge(outcome: Outcome, durationMs: number): Outcome {
    this.#searchBatch();
    if (statusOf(outcome) !== 'success') return outcome;
    const broken = this.#brokenRule(durationMs);
    return broken === undefined ? outcome : { kind: 'broke-rule', ...broken };
  }

  #brokenRule(durationMs: number): { readonly rule: FailureRule; readonly words: string } | undefined {
    const { requireOutput, minDurationSeconds = 0 } = this.#policy;
    const forbidden = this.#found.get('fail_on_output');
    if (forbidden?.is === 'too-slow') return { rule: 'fail_on_output', words: tooSlow() };
    if (forbidden?.is === 'found') {
      return {
        rule: 'fail_on_output',
        words: 'its output has a line that it forbids',
      };
    }
    if (this.#firstStderrLine !== undefined) {
      return { rule: 'fail_on_stderr', words: 'it printed on stderr' };
    }
    if (requireOutput !== undefined) {
      const required = this.#found.get('require_output');
      if (required?.is === 'too-slow') return { rule: 'require_output', words: tooSlow() };
      if (required?.is !== 'found') return { rule: 'require_output', words: 'its output has no line that it asks for' };
    }
    if (durationMs >= minDurationSeconds * 1000) return undefined;
    const words = `it ended after ${durationWords(durationMs / 1000)}, sooner than ${durationWords(minDurationSeconds)}`;
    return { rule: 'min_duration', words };
  }

  /** Expressions for which there is no answer yet. */
  #open(): readonly (readonly ['fail_on_output' | 'require_output', string])[] {
    const { failOnOutput, requireOutput } = this.#policy;
    const rules = [['fail_on_output', failOnOutput] as const, ['require_output', requireOutput] as const];
    return rules.flatMap(([rule, source]) =>
      source === undefined || this.#found.has(rule) ? [] : [[rule, source] as const],
    );
  }

  #searchBatch(): void {
    if (this.#batch.length === 0) return;
    for (const [rule, source] of this.#open()) {
      const found = this.#search.find(source, this.#batch);
      if (found.is !== 'nowhere') this.#found.set(rule, found);
    }
    this.#clear();
  }

  #clear(): void {
    this.#batch = [];
    this.#batchLength = 0;
  }
}

function tooSlow(): string {
  return 'its output could not be searched in time: make its expression simpler';
}
