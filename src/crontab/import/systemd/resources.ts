/** Priorities and limits of a service, as keys of a job file or words in front of its command. */
import { checkOf } from './checks.ts';
import { spanSeconds } from './time-span.ts';
import { type Assignment, lastOf, type UnitProblem } from './unit-file.ts';

type At = (key: string) => Assignment | undefined;

interface Priority {
  readonly keys: readonly string[];
  /** Words in front of the command. */
  readonly words: readonly string[];
  readonly checks: readonly UnitProblem[];
}

export function keysOfPriority(at: At): Priority {
  const parts = [niceOf(at('Nice')), diskOf(at), cpuOf(at('CPUSchedulingPolicy')), memoryOf(at('OOMScoreAdjust'))];
  return {
    keys: parts.flatMap(({ keys = [] }) => keys),
    words: parts.flatMap(({ words = [] }) => words),
    checks: parts.flatMap(({ checks = [] }) => checks),
  };
}

const needsRoot = 'only root may have it so. May the job do without?';

function niceOf(nice: Assignment | undefined): Partial<Priority> {
  if (nice === undefined || Number(nice.value) === 0) return {};
  if (/^\+?(?:1?\d)$/.test(nice.value)) return { keys: [`nice: ${Number(nice.value)}`] };
  return { checks: [checkOf(nice, needsRoot)] };
}

function diskOf(at: At): Partial<Priority> {
  const [written, level] = [at('IOSchedulingClass'), at('IOSchedulingPriority')];
  const one = written ?? level;
  if (one === undefined) return {};
  const names = ['none', 'realtime', 'best-effort', 'idle'];
  const name = written === undefined ? 'best-effort' : (names[Number(written.value)] ?? written.value);
  const priority = level !== undefined && /^[0-7]$/.test(level.value) ? ['-n', level.value] : [];
  if (name === 'idle') return { words: ['ionice', '-c', '3'] };
  if (name === 'best-effort') return { words: ['ionice', '-c', '2', ...priority] };
  return name === 'none' ? {} : { checks: [checkOf(one, needsRoot)] };
}

function cpuOf(policy: Assignment | undefined): Partial<Priority> {
  if (policy === undefined || policy.value === 'other') return {};
  if (policy.value === 'idle') return { words: ['chrt', '-i', '0'] };
  if (policy.value === 'batch') return { words: ['chrt', '-b', '0'] };
  return { checks: [checkOf(policy, needsRoot)] };
}

function memoryOf(score: Assignment | undefined): Partial<Priority> {
  if (score === undefined || Number(score.value) === 0) return {};
  if (/^\d{1,4}$/.test(score.value)) return { words: ['choom', '-n', score.value, '--'] };
  return { checks: [checkOf(score, needsRoot)] };
}

const limitNames = {
  LimitNOFILE: 'nofile',
  LimitFSIZE: 'file_size',
  LimitCPU: 'cpu',
  LimitNPROC: 'processes',
  LimitAS: 'address_space',
} as const;

export function keysOfLimits(all: readonly Assignment[]): Pick<Priority, 'keys' | 'checks'> {
  const lines: string[] = [];
  const checks: UnitProblem[] = [];
  for (const [key, name] of Object.entries(limitNames)) {
    const one = lastOf(all, 'Service', key);
    if (one === undefined) continue;
    const [soft = '', hard = soft] = one.value.split(':');
    const value = name === 'cpu' ? cpuSeconds(soft) : /^[1-9]\d*$/.test(soft) || sized(name, soft) ? soft : undefined;
    if (value === undefined || hard !== soft)
      checks.push(checkOf(one, 'which limit is meant? A job has one number for both.'));
    else lines.push(`  ${name}: ${value}`);
  }
  return { keys: lines.length === 0 ? [] : ['limits:', ...lines], checks };
}

function cpuSeconds(text: string): string | undefined {
  const seconds = spanSeconds(text);
  return seconds === undefined || seconds === Number.POSITIVE_INFINITY || seconds < 1
    ? undefined
    : `${Math.ceil(seconds)}s`;
}

function sized(name: string, text: string): boolean {
  return (name === 'file_size' || name === 'address_space') && /^[1-9]\d*[KMG]$/.test(text);
}
