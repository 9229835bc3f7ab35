/**
 * The rules by which a job file defines success: by exit code (`success_exit_codes`), by output
 * (`fail_on_output`, `fail_on_stderr`, `require_output`) and by duration (`min_duration`). The
 * rules about output and duration apply to attempts that succeeded by their exit code.
 */
import type { Policy } from '../../job/keys/policy.ts';
import type { LineFound, LineSearch, OutputWatcher } from '../../system/types/run-log.ts';
import { durationWords } from '../../text/duration.ts';
import { type FailureRule, type Outcome, statusOf } from './outcome.ts';
import { ShownLines } from './shown-lines.ts';

/**
 * Characters of output that are searched at once, since each search costs a quarter of a
 * millisecond. The end of an attempt searches the rest.
 */
const batchCharacters = 262_144;

/** Returns the outcome of a command by its exit code. */
export function exitOutcome(code: number, { successExitCodes }: Policy): Outcome {
  const accepted = successExitCodes.includes(code);
  return accepted === (code === 0) ? { kind: 'exited', code } : { kind: 'exited', code, accepted };
}

function newLines() {
  return { stdout: new ShownLines(), stderr: new ShownLines() };
}

/** Watches the output of a run and judges each attempt. */
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

  /** True if any rule is about output. */
  get isNeeded(): boolean {
    const { failOnStderr, failOnOutput, requireOutput } = this.#policy;
    return failOnStderr || failOnOutput !== undefined || requireOutput !== undefined;
  }

  /** Begins an attempt: earlier output does not count. */
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

  /** Splits the bytes into lines, unless no rule needs them any more. */
  #see(stream: 'stdout' | 'stderr', lines: () => readonly string[]): void {
    const needsStderr = stream === 'stderr' && this.#policy.failOnStderr && !this.#firstStderrLine;
    const isSearched = this.#open().length > 0;
    if (!needsStderr && !isSearched) return;
    const seen = lines();
    // Any line on stderr breaks the rule; a line that is not empty is preferred.
    if (needsStderr) this.#firstStderrLine = seen.find((line) => line !== '') ?? this.#firstStderrLine ?? seen[0];
    if (isSearched) this.#collect(seen);
  }

  #collect(lines: readonly string[]): void {
    for (const line of lines) {
      this.#batch.push(line);
      this.#batchLength += line.length + 1;
    }
    if (this.#batchLength >= batchCharacters) this.#searchBatch();
  }

  /**
   * Returns the outcome of an attempt by these rules. Every user can read it in the history, so it
   * quotes no line of the log.
   */
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
        words: 'a line of its output matches',
      };
    }
    if (this.#firstStderrLine !== undefined) {
      return { rule: 'fail_on_stderr', words: 'it printed on stderr' };
    }
    if (requireOutput !== undefined) {
      const required = this.#found.get('require_output');
      if (required?.is === 'too-slow') return { rule: 'require_output', words: tooSlow() };
      if (required?.is !== 'found') return { rule: 'require_output', words: 'no line of its output matches' };
    }
    if (durationMs >= minDurationSeconds * 1000) return undefined;
    const words = `it ended after ${durationWords(durationMs / 1000)}, sooner than ${durationWords(minDurationSeconds)}`;
    return { rule: 'min_duration', words };
  }

  /** The expressions that have not been found yet. */
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
