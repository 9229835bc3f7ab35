/**
 * Everything the programs ask of the machine, as types only: read this list, then the other files of this folder, and
 * you have seen every side effect.
 * Nouns take the interface they need as a parameter; only `cli/` builds the real ones; tests pass the ones of `test/fakes/`.
 */

/** Two clocks, because a clock that people set must not decide how long a job may run. */
export interface Clock {
  /** Wall clock, milliseconds since 1970-01-01T00:00Z. May step in both directions. */
  nowMs(): number;
  /** Monotonic milliseconds; stands still during suspend. For timers inside one process. */
  monotonicMs(): number;
  /** Milliseconds since boot, suspend included (`/proc/uptime`). Comparable between processes of one boot. */
  sinceBootMs(): number;
  /** Calls `then` once after `delayMs`; unlike `setTimeout`, delays beyond 2^31-1 ms are not taken for 1 ms. */
  after(delayMs: number, then: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

export type FileKind = 'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'device';

/** What lstat(2) or fstat(2) says. Times are milliseconds since 1970, with fractions. */
export interface FileFacts {
  readonly kind: FileKind;
  readonly uid: number;
  readonly gid: number;
  /** Permission bits only, e.g. 0o644. */
  readonly mode: number;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly inode: number;
  readonly device: number;
  readonly links: number;
}

/** Why a file that people wrote was not read, in words that can stand behind "file: ". */
export type FileRead =
  | { readonly is: 'read'; readonly bytes: Uint8Array; readonly facts: FileFacts }
  | { readonly is: 'absent' }
  | { readonly is: 'refused'; readonly reason: string };

/** Reading what people wrote. Nothing here can hang on a FIFO, follow a device or be made to read without bound. */
export interface Files {
  /** lstat; `undefined` when there is no such path. Throws nothing: an unreadable parent counts as absent. */
  facts(path: string): FileFacts | undefined;
  /** realpath(3); `undefined` when it does not resolve. */
  resolve(path: string): string | undefined;
  /**
   * Opens without blocking, refuses everything but a regular file, more than `limitBytes`, and a file that changes while it is read.
   * Symbolic links are followed; `inside` names a directory that the resolved file must lie in.
   */
  readRegular(path: string, limit: { readonly limitBytes: number; readonly inside?: string }): FileRead;
  /** Names in a directory, unsorted; `undefined` when it can't be listed. */
  list(directory: string): readonly string[] | undefined;
}

/** A user of the machine as passwd and group know it. */
export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** The locale of the host, and the file that says so; without one a program speaks as in the locale C. */
export interface Locale {
  readonly file?: string;
  /** LANG, LANGUAGE, LC_*. */
  readonly variables: Readonly<Record<string, string>>;
}

export interface Users {
  /** By name, or by decimal uid; `undefined` when there is none. */
  find(nameOrUid: string): User | undefined;
}

/** Who runs this program and how. */
export interface Caller {
  readonly uid: number;
  readonly euid: number;
  readonly pid: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A process that can be told from a later one with the same pid: start is field 22 of /proc/PID/stat, in clock ticks since boot. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: string;
}

/** What the kernel said when a process ended. */
export type WaitStatus =
  | { readonly is: 'exited'; readonly code: number }
  | { readonly is: 'signalled'; readonly signal: number }
  /** Who waited for it was killed: nobody can say how it ended. The reason is in words. */
  | { readonly is: 'unknown'; readonly reason: string };

/** Who has a job's lock, as far as it can be told without disturbing them. */
export interface LockHolder {
  /**
   * running: its run-job lives. orphaned: its run-job is gone, processes of the run live on. predecessor: the Python process-control's PID
   * file names a live process. unknown: can't be looked into (another pid namespace) or only the kernel lock is seen.
   */
  readonly state: 'running' | 'orphaned' | 'predecessor' | 'unknown';
  readonly runId?: string;
  /** The run-job (or predecessor) process. */
  readonly wrapper?: ProcessIdentity;
  /** The mark that this run-job carries in its environment, by the record; a predecessor's has none. */
  readonly wrapperMark?: string;
  /** What lives of an orphaned run. When the state is unknown: who has the kernel's lock, for people to look at and not to be killed. */
  readonly pids: readonly number[];
  /** The same by name, of an orphaned run. */
  readonly processes?: readonly Survivor[];
  /** Why nothing more is known, in words; only when the state is unknown. */
  readonly reason?: string;
  /** Which job's run it is; only on locks that jobs share. */
  readonly job?: string;
  readonly startedMs?: number;
  readonly logPath?: string;
  /** The run must be over at this time since boot; absent without a timeout. */
  readonly deadlineSinceBootMs?: number;
  /** The leader (session, process group) of the command that runs now. */
  readonly leader?: ProcessIdentity;
  /** Its run-job was stopped (SIGSTOP): it enforces no timeout and watches nothing until somebody continues it. */
  readonly isStopped?: true;
  /** Tags and grace that the job's file gave when the run started. */
  readonly tags?: readonly string[];
  readonly killGraceSeconds?: number;
}

/** A lock that this process has. */
export interface JobLock {
  /** The open file that carries the kernel lock: whoever inherits it holds the lock too. */
  readonly fd: number;
  /** Rewrites the owner record in place, for status and for whoever finds the run orphaned. Never throws: the run goes on without. */
  record(facts: {
    readonly leader?: ProcessIdentity;
    readonly logPath?: string;
    readonly deadlineSinceBootMs?: number;
    readonly left?: readonly ProcessIdentity[];
    readonly tags?: readonly string[];
    readonly killGraceSeconds?: number;
  }): void;
  /**
   * Closes `fd` and takes the record away; never rejects. The kernel's lock lasts while anything that inherited `fd` lives. While something lives of
   * what was recorded as `left`, the record stays and the lock counts as that run's.
   */
  release(): Promise<void>;
}

export type LockAnswer =
  | { readonly is: 'held'; readonly lock: JobLock }
  | { readonly is: 'busy'; readonly holder: LockHolder }
  | { readonly is: 'unavailable'; readonly stage: string; readonly reason: string };

export interface JobLocks {
  /**
   * Never waits, and never breaks a lock of which anything lives. `runId` is the run's own element of PROCESS_CONTROL_RUN_ID, by which its processes
   * are found when its run-job was killed. The name of a shared lock may not be a job's: put an `@` before it, and name the `job` for others.
   */
  acquire(name: string, runId: string, job?: string): Promise<LockAnswer>;
  /** Only looks: never kills, breaks or writes. `undefined` when nobody has it. */
  holder(name: string): LockHolder | undefined;
  /** Names of locks that may be held, in any order: of jobs, and those that `acquire` tells from them by an `@`. */
  names(): readonly string[];
}

/** The run-job that a lock's record names, if it is that very process still. Of anybody else's lock nothing is touched. */
export interface Wrappers {
  /** TERM, and CONT for one that somebody has stopped. */
  askToEnd(holder: LockHolder): void;
  /** CONT alone. */
  wake(holder: LockHolder): void;
  /** KILL. What its run had started is ended by the run's reaper, or left for a sweep. */
  kill(holder: LockHolder): void;
}

/** Ends what has nobody left that would: processes of a run whose run-job is gone. Any holder but an `orphaned` one is left alone. */
export interface Sweeper {
  /** What lives of it, for people. */
  left(orphan: LockHolder): readonly Survivor[];
  /** TERM to all, KILL after `graceMs`, again and again until nothing is left or 5 s have passed; resolves with what could not be killed. */
  end(orphan: LockHolder, graceMs: number): Promise<readonly Survivor[]>;
}

/** One command line, ready to be started. */
export interface Launch {
  /** Absolute path of the program first. */
  readonly argv: readonly [string, ...string[]];
  /** A program that is run first, and must end with 0: else the host can't give the command a /tmp of its own. */
  readonly trial?: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  readonly runId: string;
  readonly stdoutFd: number;
  readonly stderrFd: number;
  /** Inherited by the job, unless its background processes may outlive the run. */
  readonly lockFd: number;
  /** Of the locks that the job shares with others; inherited as `lockFd` is. */
  readonly sharedLockFds?: readonly number[];
  readonly keepsLock: boolean;
  readonly umask: number;
  /** What a stop begins with, by number; TERM unless given. */
  readonly stopSignal?: number;
  /** Between that and KILL when run-job itself was killed; 1 s unless given. Whoever waits for the lock must wait as long. */
  readonly orphanGraceMs?: number;
  /** prlimit(1) and nice(1) prefixes are part of `argv` already. */
}

/** A living process as people are told of it. */
export interface Survivor {
  readonly pid: number;
  readonly command: string;
  /** Tells it from a later process with its pid. */
  readonly startTicks?: string;
  /** Why no signal of ours ends it, as in "belongs to root"; absent when one should. */
  readonly why?: string;
}

export interface RunningCommand {
  /** Leader of the session and process group in which the command runs. */
  readonly leader: ProcessIdentity;
  /** When the command itself has ended; its background processes may live on. */
  readonly ended: Promise<WaitStatus>;
  /**
   * Ends everything the command started: TERM (and CONT) to all, KILL after `graceMs`, again and again until nothing is left or 5 s have passed.
   * Resolves with what could not be killed; `swept` counts the processes beside the command itself that needed a signal. May be called again with a shorter grace.
   */
  stop(graceMs: number): Promise<{ readonly survivors: readonly Survivor[]; readonly swept: number }>;
  /**
   * Processes of the run that live beside or after the command itself, once they have had `patienceMs` to end by themselves: the `tee` of
   * `> >(tee FILE)` outlives its shell by a moment and is no background process. Resolves at once when there are none.
   */
  leftovers(patienceMs: number): Promise<readonly Survivor[]>;
  /** Lets go of what is left (only after `ended`): it is no longer watched. */
  abandon(): void;
  /**
   * This process need not wait for what a stop could not end, the command itself included. Where there is a reaper it goes on, and holds the
   * locks for as long as something lives.
   */
  detach(): void;
}

export type LaunchAnswer =
  | { readonly is: 'launched'; readonly command: RunningCommand }
  /** The stage names what failed, e.g. "changing to the working directory". */
  | { readonly is: 'failed'; readonly stage: string; readonly reason: string; readonly exitCode: 125 | 126 | 127 };

export interface Launcher {
  launch(launch: Launch): Promise<LaunchAnswer>;
}

/** The log of one run while it is written. */
export interface RunLog {
  readonly path: string;
  /** Write ends for the next command; closed by `commandStarted` once the child has its own. */
  streams(): { readonly stdoutFd: number; readonly stderrFd: number };
  commandStarted(commandLine: string, pid: number): void;
  /** Reads what is still in the pipes: until both are closed, or for `patienceMs` and until nothing more arrives. */
  commandEnded(patienceMs: number): Promise<{ readonly heldOpen: false | RemainingOutput }>;
  /** run-job's own remark, level NOTE, one line. */
  note(text: string): void;
  /** Everything is on disk, or counted as lost. */
  close(): Promise<LogTotals>;
}

/**
 * Where the words of a process go that has the output of a command open after its end. logged: to a file beside the log. dropped: they are read
 * and forgotten. unread: the next one ends it, by SIGPIPE.
 */
export type RemainingOutput =
  | { readonly is: 'logged'; readonly path: string }
  | { readonly is: 'dropped' }
  | { readonly is: 'unread' }
  | { readonly is: 'failed'; readonly reason: string };

export interface LogTotals {
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  readonly lostBytes: number;
  /** Why bytes were lost (ENOSPC, EIO), the first reason. */
  readonly lostReason?: string;
  /** What was left out of the middle, for a log that may not grow beyond a size; absent when nothing was. */
  readonly leftOut?: { readonly bytes: number; readonly lines: number };
  /** The last lines of output, at most about 4 KiB, for messages to people. */
  readonly tail: string;
}

/** A log that lies in the folder of a job. */
export interface LogFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** When it was last written. */
  readonly mtimeMs: number;
}

/** The folders of all jobs' logs, for whoever removes what is old. Whatever is a link is left alone, and named. */
export interface LogFolders {
  /** Sorted. */
  list(): { readonly slugs: readonly string[]; readonly links: readonly string[] };
  /** Plain files; nothing when the folder has gone. */
  read(slug: string): { readonly files: readonly LogFile[]; readonly links: readonly string[] };
  /** Also well when it was not there. */
  remove(slug: string, name: string): WriteAnswer;
  /** Puts NAME.gz in the place of NAME, whole or not at all, with its time and mode. */
  compress(slug: string, name: string): Promise<WriteAnswer>;
  /** Takes away what a `compress` that was killed has left; not while another one may be at work. */
  clearUnfinished(slug: string): void;
}

/** The appended lines that are a job's history. */
export interface HistoryStore {
  /** The last lines, whole events only promised where they were whole when written; empty when there are none. */
  read(slug: string): string;
  /** Why what was read last of this job is not all that there is, in words; absent when nothing was in the way. */
  hidden?(slug: string): string | undefined;
  /** One write; a torn last line of somebody else's is closed first. Says why when it could not be written. */
  append(slug: string, line: string): WriteAnswer;
  /** Keeps the file bounded; only for whoever holds the job's lock. */
  rotate(slug: string): void;
  /** What the Python process-control left about this job, as YAML; `undefined` when there is nothing. */
  predecessor(slug: string): Uint8Array | undefined;
}

export type WriteAnswer = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Somebody wants this run to end: a signal sent to run-job. Asked again, it should end faster. */
export interface StopRequests {
  /** Calls back for each request, also for those that came before. */
  onStop(listener: (request: StopRequest) => void): void;
}

export interface StopRequest {
  readonly signal: number;
  /** It is what a terminal sends for Ctrl-C or Ctrl-\\, and run-job stands at one. */
  readonly typed?: true;
}

/** Where programs are, as execvp(3) would look. */
export interface Programs {
  /** An absolute path; or why there is none, as sh(1) counts it: 126 found but not executable, 127 not found. */
  find(name: string, searchPath: string, workingDirectory: string): ProgramAnswer;
}

export type ProgramAnswer =
  | { readonly is: 'found'; readonly path: string }
  | { readonly is: 'missing'; readonly reason: string; readonly exitCode: 126 | 127 };

/** Opens the log of a run, or says what failed ("creating the directory …") and why. */
export type LogAnswer =
  | { readonly is: 'open'; readonly log: RunLog }
  | { readonly is: 'failed'; readonly stage: string; readonly reason: string };

export interface RunLogs {
  /** All output passes `onOutput`, also when the log could not take it. */
  open(slug: string, startedMs: number, options?: RunLogWishes): LogAnswer;
}

/** What is special about the log of one run. */
export interface RunLogWishes {
  readonly watcher?: OutputWatcher | undefined;
  /** Its beginning and its end are kept beyond this size; absent: it may grow. */
  readonly maxBytes?: number | undefined;
  /** What outlives a command may go on printing: it is read on. */
  readonly readsOn?: boolean;
}

/** Sees what the commands of a run print. */
export interface OutputWatcher {
  /** Bytes as they are read; they are only there during the call. */
  take(stream: 'stdout' | 'stderr', bytes: Uint8Array): void;
  /** A command has ended: nothing more of it will come. */
  end(stream: 'stdout' | 'stderr'): void;
}

/** Looks for a line that matches a regular expression (of JavaScript) that people wrote, for a bounded time whatever it is. */
export interface LineSearch {
  /** `source` must compile. `too-slow`: more than a second of work, which no sensible expression takes for 256 KiB. */
  find(source: string, lines: readonly string[]): LineFound;
}

export type LineFound =
  | { readonly is: 'found'; readonly line: string }
  | { readonly is: 'nowhere' }
  | { readonly is: 'too-slow' };

/** Small records that outlive reboots, one file each, replaced whole. */
export interface StateFiles {
  /** File names and contents in a folder of the state directory; empty when there is none. */
  readAll(folder: string): readonly { readonly name: string; readonly text: string }[];
  /** File names; also those of files that the caller may not read. */
  names(folder: string): readonly string[];
  /** `undefined` when it is not there or can't be read. */
  read(folder: string, name: string): string | undefined;
  write(folder: string, name: string, text: string): WriteAnswer;
  /** Also well when it was not there. */
  remove(folder: string, name: string): WriteAnswer;
}

/** Which ticks of a job have had a start on this host. Ticks are milliseconds since 1970, on a full second. */
export interface TickClaims {
  /** Gives the tick to this run, unless another one has it: of any number that ask at once, one gets it. */
  take(slug: string, tickMs: number, claim: TickClaim): ClaimAnswer;
  /** A run that has waited goes on: its claim holds from now on whatever becomes of it. */
  begin(slug: string, tickMs: number, run: string): WriteAnswer;
  /** The ticks that are on record, ascending; old ones are dropped. */
  list(slug: string): readonly number[];
  /** Who has a tick and since when. */
  find(
    slug: string,
    tickMs: number,
  ): { readonly run: string; readonly waits: boolean; readonly atMs: number } | undefined;
  drop(slug: string, ticks: readonly number[]): void;
  /** What is kept beside the claims of a job: up to when its ticks are settled. */
  readMark(slug: string): string | undefined;
  writeMark(slug: string, text: string): WriteAnswer;
}

export interface TickClaim {
  readonly run: string;
  /** The run does not begin at once; if it is killed before, the tick has had no start. */
  readonly waits: boolean;
  /** The claim must be there even if the machine goes down next. */
  readonly lasting: boolean;
}

export type ClaimAnswer =
  | { readonly is: 'taken' }
  | { readonly is: 'had'; readonly run: string }
  | { readonly is: 'failed'; readonly reason: string };

/** What the machine refused; `denied` when it is a matter of rights. */
export interface Refusal {
  readonly denied: boolean;
  /** Names the path and the reason. */
  readonly reason: string;
}

/** A generator's turn to change one crontab; the next waits until it has ended. */
export interface Turn {
  end(): void;
}

/** Files that cron reads at any moment: it always sees the whole old or the whole new text, and notices the new one. */
export interface Publisher {
  /** Waits at most `patienceSeconds` while another generator works on the crontab `path`. */
  turn(path: string, patienceSeconds: number): Turn | Refusal;
  /**
   * Only during a turn, which must be of the file that the others are parts of. Replaces the files in the order given, then removes;
   * nothing is replaced unless all texts are on the disk. What a killed generator left is cleared away.
   */
  publish(change: CrontabChange): Refusal | undefined;
}

/** The crontab of the caller, which crontab(1) keeps; one character a byte (latin1), so that nothing is lost. */
export interface UserCrontab {
  read():
    | { readonly is: 'text'; readonly text: string }
    | { readonly is: 'none' }
    | ({ readonly is: 'refused' } & Refusal);
  /** Replaces the whole crontab. */
  write(text: string): Refusal | undefined;
  remove(): Refusal | undefined;
}

export interface CrontabChange {
  /** Absolute path of the main file. */
  readonly path: string;
  /** Names in the directory of the main file. */
  readonly writes: readonly { readonly name: string; readonly text: string }[];
  readonly removals: readonly string[];
}

/** Debian's cron itself, asked before it gets a text. */
export interface CronReader {
  /** What it says against a crontab of one user (without the user field); `undefined` when it has no objection or can't be asked. */
  objection(text: string): string | undefined;
}

/** What could be computed again, kept where only its owner can write. */
export interface Cache {
  /** `undefined` when there is nothing, or nothing that can be believed. */
  read(name: string): string | undefined;
  /** Does nothing where it can't. */
  write(name: string, text: string): void;
}

/** What became of something that was handed over for delivery; the reason is one printable line. */
export type Delivery = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** One mail. Addresses as people write them: `Fail Mail <jobs@example.org>`, a local user's name, lists with commas. */
export interface Mail {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** How mail leaves this machine. */
export type MailRoute =
  | { readonly by: 'sendmail'; readonly path: string }
  | {
      readonly by: 'smtp';
      readonly host: string;
      /** Default: 465 when `secure`, 587 with a `user`, else 25. */
      readonly port?: number;
      /** TLS from the first byte, certificate verified. */
      readonly secure?: boolean;
      readonly user?: string;
      /** Read when a mail is sent; the first line is the password. */
      readonly passwordFile?: string;
    };

export interface Mailer {
  /** Never throws, and answers within 30 s whatever the mail server does. */
  send(mail: Mail): Promise<Delivery>;
}

/** From the gravest to the least; winston's names. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** The `logging` of the global configuration. */
export interface OwnLogSettings {
  /** Entries below it are dropped. */
  readonly level: LogLevel;
  /** Of file and console; syslog always gets text. */
  readonly format: 'text' | 'json';
  readonly syslog?: { readonly facility: string };
  readonly file?: string;
  /** On stderr. */
  readonly console: boolean;
}

/** What the programs say about themselves. A job's output goes to its RunLog. */
export interface OwnLog {
  /** Returns at once. Nothing that goes wrong here is thrown or changes what the program does. */
  note(level: LogLevel, message: string, fields?: Readonly<Record<string, string | number | boolean>>): void;
  /** Everything noted has been written, or 5 s have passed. Nothing is noted afterwards. */
  close(): Promise<void>;
}

/** What one probe said. */
export type ProbeAnswer =
  | { readonly is: 'success' }
  /** `said`: the last line of a command, for those who may read the instance's log. */
  | { readonly is: 'failure'; readonly reason: string; readonly said?: string }
  /** It could not be run at all. */
  | { readonly is: 'unknown'; readonly reason: string };

/** Asks whether something answers. Nothing here throws or takes longer than `timeoutMs` and a moment. */
export interface Probes {
  /** GET on 127.0.0.1; the body is text of at most 64 KiB. Judged by whoever asks. */
  http(
    port: number,
    path: string,
    timeoutMs: number,
  ): Promise<
    { readonly is: 'response'; readonly code: number; readonly body: string; readonly location?: string } | ProbeAnswer
  >;
  tcp(port: number, timeoutMs: number): Promise<ProbeAnswer>;
  /** Nothing of it lives when the answer comes. */
  command(command: ProbeCommand, timeoutMs: number): Promise<ProbeAnswer>;
}

export interface ProbeCommand {
  /** Absolute path of the program first. */
  readonly argv: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
}

/** Ports of this host, and who has them. */
export interface Ports {
  /** Whether it can be bound now, on all addresses. */
  isFree(port: number): Promise<boolean>;
  /** Who listens on it, as far as that can be seen from here: processes of other users can't. */
  holder(port: number): Survivor | undefined;
  /** What services have reserved, each by its slug; those of dead ones included. */
  reserved(): readonly { readonly slug: string; readonly ports: readonly number[] }[];
  /** Replaces what a service has published: `endpoints.json` in its folder of the run directory. */
  publish(slug: string, endpoints: Endpoints): WriteAnswer;
  withdraw(slug: string): void;
}

/** For clients and proxies that want to find a service. */
export interface Endpoints {
  readonly service: string;
  readonly host: string;
  readonly instances: readonly {
    readonly instance: number;
    readonly state: string;
    readonly ports: Readonly<Record<string, number>>;
  }[];
}

/** The directory that an instance of a service has for itself. */
export interface InstanceFolders {
  /** Its absolute path, whether it is there or not. */
  path(slug: string, instance: number): string;
  make(slug: string, instance: number): WriteAnswer;
  /** The file `.healthchecksnooze`; `undefined` when there is none, or it is no regular file. */
  snooze(slug: string, instance: number): { readonly writtenMs: number; readonly text: string } | undefined;
  writeSnooze(slug: string, instance: number, text: string): WriteAnswer;
  removeSnooze(slug: string, instance: number): void;
}

export interface PidFiles {
  /**
   * The living process that the file names, if it is this user's and not older than `notBefore`: an earlier one with this number, or one that
   * somebody else has started, is not what the command left. Else why there is none.
   */
  look(
    path: string,
    rule: { readonly uid: number; readonly notBefore?: ProcessIdentity },
  ): ProcessIdentity | { readonly missing: string };
}

/** Tells of changes in directories, without asking again and again. */
export interface Changes {
  /** `name` is the file in the directory; absent when that is not known. Where it can't be watched nothing is ever told. */
  watch(directory: string, onChange: (name: string | undefined) => void): { close(): void };
}

/** The logs of the instances of services: each follows one that has grown too large. */
export interface ServiceLogs {
  open(place: {
    readonly slug: string;
    readonly instance: number;
    readonly maxBytes: number;
    readonly keep: number;
  }): LogAnswer;
}
