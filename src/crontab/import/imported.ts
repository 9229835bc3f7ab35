/** The job file that a line of a crontab becomes, as a person would have written it. */
import { addressList } from '../../job/mail-address.ts';
import { printable } from '../../text/printable.ts';
import { shellWord } from '../../text/shell-word.ts';
import { freeSlug, scalar, sudoRight } from './job-text.ts';
import { plainWords } from './plain-words.ts';
import type { SourceEntry } from './source.ts';

export interface Imported {
  readonly slug: string;
  readonly entry: SourceEntry;
  readonly text: string;
  /** The differences that are left to decide. */
  readonly checks: readonly string[];
}

export interface ImportOrder {
  /** The place of the line, for the file's first comment. */
  readonly origin: string;
  /** The user whose crontab it is; the user column wins. */
  readonly user: string;
  readonly serviceUser: string;
  readonly taken: ReadonlySet<string>;
  /** The daemon that reads the source: CRON_TZ has a meaning for cronie only. */
  readonly cron?: 'debian' | 'cronie';
  /** Further decisions for the reader. */
  readonly moreChecks?: readonly string[];
}

/** The keys of the file so far; `command` is what is left of the line. */
interface Draft {
  readonly command: string;
  readonly keys: readonly string[];
  readonly notes: readonly string[];
}

export function importEntry(entry: SourceEntry, order: ImportOrder): Imported {
  const { settings } = entry;
  const user = entry.user ?? order.user;
  const shell = settings.get('SHELL') ?? '/bin/sh';
  const isOther = user !== order.serviceUser;
  const isUsual = /^\/(?:usr\/)?bin\/(?:sh|dash|bash)$/.test(shell);
  const written = withInput(entry);
  const isWhole = isOther || !isUsual || entry.input !== undefined;
  const draft = isWhole ? untested(written, isUsual && entry.input === undefined) : recognised(written, shell);
  // Another shell may read it otherwise, or run nothing at all, as nologin does.
  const words = isUsual ? plainWords(draft.command) : undefined;
  const started = words === undefined ? `${shellWord(shell)} -c ${shellWord(draft.command)}` : draft.command;
  const command = isOther ? `sudo -n -u ${user} -- ${started}` : started;
  const isForSystemd = entry.command.includes('/run/systemd/system');
  const checks = [
    ...(isForSystemd
      ? [
          'where systemd runs, cron leaves this to a timer: then import that instead (--systemd). Which of the two starts it here?',
        ]
      : []),
    ...(entry.passedOn === undefined ? [] : [entry.passedOn.check]),
    ...settingChecks(settings, order.cron),
    ...(order.moreChecks ?? []),
    ...(isOther ? [otherUser({ user, serviceUser: order.serviceUser }, settings, words)] : []),
  ];
  const notes = [
    ...draft.notes,
    ...(words === undefined ? ['A shell runs it, for what only a shell does in this line.'] : []),
    ...(secret.test(entry.command)
      ? ['There may be a password in the command: better a file that only the job reads.']
      : []),
  ];
  const program = words?.[0] ?? programIn(isWhole ? entry.command : draft.command);
  const slug = freeSlug(entry.id ?? program, order.taken);
  const name = isTitle(entry.comment) ? entry.comment : slug;
  const lines = [
    ...[`From ${order.origin}, line ${entry.line}.`, ...notes, ...checks.map((check) => `CHECK: ${check}`)].map(
      (one) => `# ${printable(one)}`,
    ),
    `name: ${scalar(name)}`,
    `command: ${scalar(command)}`,
    `schedule: "${entry.schedule}"`,
    ...zoneKeys(settings, order.cron),
    ...(entry.passedOn?.keys ?? []),
    ...draft.keys,
    ...settingKeys(settings, draft.keys, order.cron),
  ];
  return { slug, entry, checks, text: `${lines.join('\n')}\n` };
}

/** The command with the text behind `%` as its standard input. */
function withInput({ command, input }: SourceEntry): string {
  if (input === undefined) return command;
  return `printf '%s\\n' ${input.map(shellWord).join(' ')} | (${command.trim()})`;
}

/** cronie reads the schedules below CRON_TZ in that zone. */
function zoneKeys(settings: ReadonlyMap<string, string>, cron: ImportOrder['cron']): readonly string[] {
  const zone = settings.get('CRON_TZ');
  return cron === 'cronie' && zone !== undefined && zone !== '' ? [`time_zone: ${scalar(zone)}`] : [];
}

/** Turns the parts of a line into keys that have the same meaning. */
function recognised(line: string, shell: string): Draft {
  // In dash RANDOM is an ordinary variable, and the sleep takes no time.
  const [, span, rest] =
    /^(?:\/(?:usr\/)?bin\/)?sleep[ \t]+"?\$\(\([ \t]*\$?\{?RANDOM\}?[ \t]*%[ \t]*([1-9]\d{0,4})[ \t]*\)\)"?[ \t]*(?:&&|;)[ \t]*(.*)$/.exec(
      line,
    ) ?? [];
  if (span === undefined || rest === undefined || !/bash$/.test(shell)) return withoutSleep(line);
  const draft = withoutSleep(rest);
  const note = 'The sleep of a random time is splay now, which is always the same for this job on a host.';
  return { ...draft, keys: [...draft.keys, `splay: ${span}s`], notes: [note, ...draft.notes] };
}

/**
 * A test whether a program is there, in front of it. Without the program the line fails as the job
 * does, but cron says nothing about it.
 */
function withoutSleep(written: string): Draft {
  const [, one, other, rest] =
    /^(?:\[[ \t]+-x[ \t]+([\w@%+,./-]+)[ \t]+\]|(?:test[ \t]+-x|command[ \t]+-v)[ \t]+([\w@%+,./-]+)(?:[ \t]+>[ \t]*\/dev\/null(?:[ \t]+2>&1)?)?)[ \t]+&&[ \t]+(.*)$/.exec(
      written,
    ) ?? [];
  const program = one ?? other;
  if (program === undefined || rest === undefined) return withoutTest(written);
  const draft = withoutTest(rest);
  if (plainWords(draft.command)?.[0] !== program) return withoutTest(written);
  return {
    ...draft,
    notes: [`Where ${program} is missing cron was silent; now people hear that the job failed.`, ...draft.notes],
  };
}

/** The line of another user, which sudo can start without a shell once the test is gone. */
function untested(written: string, mayBe: boolean): Draft {
  const draft = mayBe ? withoutSleep(written) : undefined;
  const words = draft === undefined || draft.keys.length > 0 ? undefined : plainWords(draft.command);
  const isTested = words !== undefined && plainWords(written) === undefined && written.endsWith(draft?.command ?? '');
  return isTested && words[0].startsWith('/') && draft !== undefined
    ? draft
    : { command: written, keys: [], notes: [] };
}

function withoutTest(written: string): Draft {
  const [, command = written, file] = /^(.*?)[ \t]+>>?[ \t]*(\/[\w./-]+)[ \t]+2>&1[ \t]*$/.exec(written) ?? [];
  const whole: Draft = { command: written, keys: [], notes: [] };
  const [, directory, inside = command] = /^cd[ \t]+(\/[\w./-]*)[ \t]+&&[ \t]+(.*)$/.exec(command) ?? [];
  if (plainWords(inside) === undefined) return whole;
  const keys = directory === undefined ? [] : [`working_directory: ${directory}`];
  const went = file === '/dev/null' ? 'was thrown away' : `went to ${file}`;
  const notes = file === undefined ? [] : [`Its output ${went}; now each run has a log of its own.`];
  return limited({ command: inside, keys, notes });
}

function limited(draft: Draft): Draft {
  const [, nice, unniced] = /^(?:\/usr\/bin\/)?nice[ \t]+-n[ \t]*(1?\d)[ \t]+([\w/].*)$/.exec(draft.command) ?? [];
  if (nice !== undefined && unniced !== undefined && plainWords(unniced) !== undefined && !has(draft, 'nice')) {
    return limited({ ...draft, command: unniced, keys: [...draft.keys, `nice: ${Number(nice)}`] });
  }
  const quiet = /^(?:\/usr\/bin\/)?chronic[ \t]+([\w/].*)$/.exec(draft.command)?.[1];
  if (quiet !== undefined && plainWords(quiet) !== undefined) {
    const note =
      'chronic is not needed: a run by the clock prints nothing, and a mail about a failure has the last lines.';
    return limited({ ...draft, command: quiet, notes: [...draft.notes, note] });
  }
  const [, grace, graceUnit = 's', time, unit = 's', rest] =
    /^(?:\/usr\/bin\/)?timeout[ \t]+(?:(?:-k[ \t]*|--kill-after=)([1-9]\d{0,3})([smh])?[ \t]+)?([1-9]\d{0,5})([smhd])?[ \t]+([\w/].*)$/.exec(
      draft.command,
    ) ?? [];
  if (time === undefined || rest === undefined || plainWords(rest) === undefined || has(draft, 'timeout')) return draft;
  const killed = grace === undefined ? [] : [`kill_grace: ${grace}${graceUnit}`];
  return limited({ ...draft, command: rest, keys: [...draft.keys, `timeout: ${time}${unit}`, ...killed] });
}

function has({ keys }: Draft, key: string): boolean {
  return keys.some((line) => line.startsWith(`${key}:`));
}

/** Settings with a meaning of their own; cron does not let a crontab set LOGNAME. */
const ofCron = new Set(['SHELL', 'LOGNAME', 'MAILTO', 'MAILFROM', 'CRON_TZ', 'RANDOM_DELAY', 'START_HOURS_RANGE']);

function settingKeys(
  settings: ReadonlyMap<string, string>,
  keys: readonly string[],
  cron: ImportOrder['cron'],
): readonly string[] {
  const mailTo = settings.get('MAILTO') ?? '';
  const from = settings.get('MAILFROM') ?? '';
  const home = settings.get('HOME');
  const variables = [...settings].filter(([name]) => !ofCron.has(name) && !name.startsWith('PROCESS_CONTROL_'));
  if (settings.has('SHELL')) variables.unshift(['SHELL', settings.get('SHELL') ?? '']);
  return [
    ...(home?.startsWith('/') && keys.every((key) => !key.startsWith('working_directory:'))
      ? [`working_directory: ${scalar(home)}`]
      : []),
    ...(variables.length === 0 ? [] : ['environment:']),
    ...variables.map(([name, value]) => `  ${name}: ${scalar(value)}`),
    ...(isAddress(mailTo) ? ['failmail:', `  to_address: ${scalar(mailTo)}`] : []),
    ...(isAddress(mailTo) && cron === 'cronie' && isOneAddress(from) ? [`  from_address: ${scalar(from)}`] : []),
  ];
}

function isOneAddress(text: string): boolean {
  return isAddress(text) && !text.includes(',');
}

function isAddress(mailTo: string): boolean {
  return new RegExp(addressList, 'u').test(mailTo);
}

function settingChecks(settings: ReadonlyMap<string, string>, cron: ImportOrder['cron']): readonly string[] {
  const mailTo = settings.get('MAILTO') ?? '';
  const home = settings.get('HOME');
  const odd = [...settings.keys()].filter((name) => name.startsWith('PROCESS_CONTROL_'));
  const shell = settings.get('SHELL');
  return [
    ...['CRON_TZ', 'RANDOM_DELAY', 'START_HOURS_RANGE', 'MAILFROM'].flatMap((name) => {
      if (!settings.has(name) || (cron === 'cronie' && name === 'CRON_TZ')) return [];
      if (cron === 'cronie' && name === 'MAILFROM' && (mailTo === '' || isOneAddress(settings.get(name) ?? '')))
        return [];
      const ignored =
        cron === 'cronie' ? 'which this file has no key for' : "Debian's cron ignores it, and so does this file";
      return [`${name} stands above the line; ${ignored}. Was it meant?`];
    }),
    ...(mailTo === '' || isAddress(mailTo) ? [] : ['MAILTO is no mail address. Who is to hear of failures?']),
    ...(home === undefined || home.startsWith('/') ? [] : ['HOME is no absolute path. Where is the command to start?']),
    ...(shell === undefined || shell.startsWith('/') ? [] : ['SHELL is no absolute path. Which shell was meant?']),
    ...odd.map((name) => `${name} can't be set for a job.`),
  ];
}

function otherUser(
  { user, serviceUser }: Pick<ImportOrder, 'user' | 'serviceUser'>,
  settings: ReadonlyMap<string, string>,
  words: readonly string[] | undefined,
): string {
  const lost = [...settings.keys()].filter((name) => !ofCron.has(name));
  const variables = lost.length === 0 ? '' : ` sudo does not pass ${lost.join(', ')} on.`;
  const right = sudoRight({ user, serviceUser }, words);
  return `cron ran it as ${user}, in the home of ${user}. May the service user run it so? It needs ${right}.${variables}`;
}

/** Words of a shell that say nothing about what a line is for. */
const empty = new Set(
  '[ test if then else do command cd sleep exec eval for while case set export env true ! ( { RANDOM'.split(' '),
);

/** The first word of a line for a shell that may be the name of what it runs. */
function programIn(line: string): string {
  const words = line.replace(/-[defhLrsw][ \t]+\S+/g, ' ').split(/[\s;&|()"'`]+/);
  return words.find((word) => !empty.has(word) && /^[\w./]*[A-Za-z][\w.-]*$/.test(word)) ?? 'job';
}

const secret = /pass(?:word|wd)?[=: ]|token[=: ]|secret[=: ]|\/\/[^/\s:@]+:[^/\s@]+@|\bmysql\w*\b.* -p\S/i;

/** True for a comment that is a title, not a line that somebody has switched off. */
function isTitle(comment: string | undefined): comment is string {
  return comment !== undefined && /^[A-Za-z][\w ,.'()-]{2,79}$/.test(comment) && !/^m h\b/.test(comment);
}
