/** The lines of a service for which a job file has no key, each with what to decide. */
import { checkOf } from './checks.ts';
import { expand, type UnitName } from './specifiers.ts';
import { type Assignment, isTrue, type UnitProblem } from './unit-file.ts';

/** Keys that the job has in another way, or that mean nothing for a job. */
const known = new Set(
  (
    'Type ExecStart ExecStartPre ExecStartPost User WorkingDirectory Environment EnvironmentFile PassEnvironment ' +
    'UnsetEnvironment TimeoutStartSec TimeoutStopSec TimeoutSec RuntimeMaxSec Nice IOSchedulingClass ' +
    'IOSchedulingPriority CPUSchedulingPolicy OOMScoreAdjust PrivateTmp NoNewPrivileges UMask SuccessExitStatus ' +
    'LimitNOFILE LimitFSIZE LimitCPU LimitNPROC LimitAS ' +
    'SyslogIdentifier SyslogFacility SyslogLevel SyslogLevelPrefix LogLevelMax LogRateLimitIntervalSec ' +
    'LogRateLimitBurst ExecReload GuessMainPID NotifyAccess RestartSec FinalKillSignal TimeoutAbortSec SendSIGHUP ' +
    'TimeoutStartFailureMode TimeoutStopFailureMode CPUAccounting MemoryAccounting IOAccounting TasksAccounting ' +
    'IPAccounting RestartSteps RestartMaxDelaySec ExitType'
  ).split(' '),
);

const ofUnit = new Set(
  (
    'Description Documentation After Before DefaultDependencies PartOf StopWhenUnneeded RefuseManualStart ' +
    'RefuseManualStop Conflicts IgnoreOnIsolate CollectMode SourcePath StartLimitIntervalSec StartLimitBurst ' +
    'StartLimitInterval AllowIsolate'
  ).split(' '),
);

export function unknownKeys(written: readonly Assignment[], unit: UnitName): readonly UnitProblem[] {
  const all = written.map((one) => {
    const read = expand(one.value, unit);
    return read.ok ? { ...one, value: read.text } : one;
  });
  const found: UnitProblem[] = [];
  const rest = new Map<string, Assignment>();
  // An empty value takes earlier ones back.
  const emptied = new Map(
    all.flatMap(({ section, key, value }, at) => (value === '' ? [[`${section}.${key}`, at]] : [])),
  );
  for (const [at, one] of all.entries()) {
    if (at <= (emptied.get(`${one.section}.${one.key}`) ?? -1)) continue;
    const words = one.section === 'Service' ? wordsOfService(one) : one.section === 'Unit' ? wordsOfUnit(one) : null;
    if (words === undefined) rest.set(one.key, rest.get(one.key) ?? one);
    else if (words !== null) found.push(checkOf(one, words));
  }
  const [first] = rest.values();
  if (first !== undefined) {
    const message = `${[...rest.keys()].map((key) => `${key}=`).join(', ')}: a job file has no such keys. May the job do without, or does it need its unit?`;
    found.push({ file: first.file, line: first.line, message });
  }
  return found;
}

/** `null`: nothing to decide; `undefined`: a key without a counterpart. */
function wordsOfService({ key, value }: Assignment): string | null | undefined {
  if (key.startsWith('X-')) return null;
  switch (key) {
    case 'Type':
      return /^(?:oneshot|simple|exec|idle)$/.test(value)
        ? null
        : 'when its command ends, run-job ends what it left in the background; "leftovers: allow" keeps it. Which is meant?';
    case 'Restart':
      return value === 'no'
        ? null
        : 'max_task_failures and backoff try a command again within a run. How often is it to be tried?';
    case 'RemainAfterExit':
      return isTrue(value)
        ? 'systemd runs it once and no more until somebody stops it; the job runs at each time. Is that well?'
        : null;
    case 'KillMode':
      return value === 'control-group' || value === 'mixed'
        ? null
        : 'run-job ends all that a run leaves behind; "leftovers: allow" keeps it. Which is meant?';
    case 'KillSignal':
      return /^(?:SIG)?TERM$/.test(value) ? null : 'run-job sends TERM. Does the command end well on it?';
    case 'SendSIGKILL':
      return isTrue(value) ? null : 'run-job ends with KILL, after kill_grace. How long may it take to end?';
    case 'Group':
    case 'SupplementaryGroups':
      return 'the job has the groups of its user. Does it need this one?';
    case 'DynamicUser':
      return isTrue(value) ? 'the job has no user of its own. May it run as the service user?' : null;
    case 'ExecCondition':
      return 'systemd skips the run if it fails; the job leaves it out. Is it needed?';
    case 'ExecStop':
    case 'ExecStopPost':
      return 'it ran after each end, the job leaves it out. Is it needed?';
    case 'StandardOutput':
    case 'StandardError':
      return /^(?:journal|inherit|syslog|journal\+console|kmsg|null)$/.test(value)
        ? null
        : 'each run of a job has a log instead. Is the old place needed?';
    case 'StandardInput':
      return value === 'null' ? null : 'a job has no input. Does it read any?';
    case 'RuntimeDirectory':
    case 'StateDirectory':
    case 'CacheDirectory':
    case 'LogsDirectory':
    case 'ConfigurationDirectory':
      return 'systemd made this directory and named it to the command. Who makes it now?';
    default:
      return known.has(key) || /^(?:no|false|off|0|infinity)$/.test(value) ? null : undefined;
  }
}

function wordsOfUnit({ key, value }: Assignment): string | null | undefined {
  if (key.startsWith('X-') || ofUnit.has(key)) return null;
  if (isAboutInitrd(key, value)) return null;
  if (/^(?:Condition|Assert)/.test(key))
    return 'systemd skips the run unless this holds; the job does not ask. Is it needed?';
  if (key === 'OnFailure' || key === 'OnSuccess')
    return 'the job does not start that unit; failmail or notify tell people. Who is to hear of it?';
  if (key === 'RequiresMountsFor') return 'the job does not wait for it. Is it always mounted?';
  if (/^(?:Wants|Requires|Requisite|BindsTo|Upholds)$/.test(key)) {
    const others = value.split(/[ \t]+/).filter((name) => !/\.(?:target|slice)$/.test(name));
    return others.length === 0 ? null : `the job does not start ${others.join(', ')}. Is it needed?`;
  }
  return undefined;
}

/** A condition that holds on each host that is up. */
export function isAboutInitrd(key: string, value: string): boolean {
  return key === 'ConditionPathExists' && value === '!/etc/initrd-release';
}
