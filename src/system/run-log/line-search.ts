/**
 * Searches output for the regular expressions of job files. An expression that backtracks without
 * end would block run-job and with it the timeout. So the search runs as a script of node:vm, which
 * V8 can interrupt, also within an expression.
 */
import process from 'node:process';
import vm from 'node:vm';
import type { LineSearch } from '../types/run-log.ts';

/** The time for one search of all given lines. */
const limitMs = 1000;

/**
 * The number of attempts on a host that is busy or was suspended: only the CPU time of this process
 * counts.
 */
const attempts = 5;

/** The input of the script. */
interface Subject {
  expression: RegExp;
  lines: readonly string[];
}

const compiled = new Map<string, RegExp>();

/**
 * Created with the first search: most jobs have no expression, and a context costs a millisecond.
 */
let made: { readonly script: vm.Script; readonly context: vm.Context; readonly subject: Subject } | undefined;

export const lineSearch: LineSearch = {
  find(source, lines) {
    made ??= make();
    const { script, context, subject } = made;
    subject.expression = compile(source);
    subject.lines = lines;
    for (let attempt = 1; ; attempt += 1) {
      const before = process.cpuUsage();
      try {
        const at: number = script.runInContext(context, { timeout: limitMs });
        return at < 0 ? { is: 'nowhere' } : { is: 'found', line: lines[at] ?? '' };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
        const { user, system } = process.cpuUsage(before);
        if ((user + system) / 1000 > limitMs / 2 || attempt === attempts) return { is: 'too-slow' };
      }
    }
  },
};

function compile(source: string): RegExp {
  const expression = compiled.get(source) ?? new RegExp(source);
  compiled.set(source, expression);
  return expression;
}

function make() {
  const subject: Subject = { expression: /(?:)/, lines: [] };
  const search = () => subject.lines.findIndex((line) => subject.expression.test(line));
  return { script: new vm.Script('search()'), context: vm.createContext({ search }), subject };
}
