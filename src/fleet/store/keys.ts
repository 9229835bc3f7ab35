/**
 * The names of keys in the engine, below a prefix that lets several fleets share one engine.
 *
 * | key                        | written by          | lease      | value                              |
 * | -------------------------- | ------------------- | ---------- | ---------------------------------- |
 * | `job/NAME/tick/TIME`       | claim               | none       | the fate of the tick, written once |
 * | `job/NAME/settled`         | claim               | none       | each tick up to here has its fate  |
 * | `job/NAME/run`             | claim               | of the run | the job runs now                   |
 * | `job/NAME/next`            | claim (`QUEUE`)     | short      | the one run that waits             |
 * | `job/NAME/stop`            | people, claim       | none       | the run that is to end             |
 * | `job/NAME/pause`           | people              | none       | nothing starts                     |
 * | `tag/TAG/pause`            | people              | none       | nothing with the tag starts        |
 * | `lock/NAME`                | claim               | of the run | a shared lock is held              |
 * | `host/NAME/cordon`         | people              | none       | nothing starts there               |
 * | `host/NAME/seen`           | `--ensure`          | none       | when the host was there last       |
 * | `host/NAME/run/JOB`        | claim               | of the run | an index: what a host has running  |
 * | `host/NAME/instance/JOB.0` | supervisor          | its own    | an index: an instance that a host has |
 * | `service/NAME/slot/0`      | supervisor          | its own    | instance 0 runs there: its endpoint |
 * | `service/NAME/turn/0`      | supervisor, ensure  | none       | who had instance 0, or since when it is free |
 * | `service/NAME/desired/all` | people              | none       | the service is to be up or down; `desired/0`: an instance |
 *
 * A fate is not on a lease, because it must outlive everything; a pause is not, because a lease has
 * its full time again when the engine changes its leader.
 */

export class Keys {
  readonly #prefix: string;

  /** `prefix` ends in a slash. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  job(slug: string): string {
    return `${this.#prefix}job/${name(slug)}/`;
  }

  ticks(slug: string): string {
    return `${this.job(slug)}tick/`;
  }

  tick(slug: string, tickMs: number): string {
    return `${this.ticks(slug)}${tickText(tickMs)}`;
  }

  settled(slug: string): string {
    return `${this.job(slug)}settled`;
  }

  run(slug: string): string {
    return `${this.job(slug)}run`;
  }

  next(slug: string): string {
    return `${this.job(slug)}next`;
  }

  stop(slug: string): string {
    return `${this.job(slug)}stop`;
  }

  pause(slug: string): string {
    return `${this.job(slug)}pause`;
  }

  tagPause(tag: string): string {
    return `${this.tags()}${name(tag)}/pause`;
  }

  lock(lock: string): string {
    return `${this.#prefix}lock/${name(lock)}`;
  }

  /** Before the keys of all hosts. */
  hosts(): string {
    return `${this.#prefix}host/`;
  }

  /** Before the keys of all tags. */
  tags(): string {
    return `${this.#prefix}tag/`;
  }

  cordon(host: string): string {
    return `${this.hosts()}${name(host)}/cordon`;
  }

  seen(host: string): string {
    return `${this.hosts()}${name(host)}/seen`;
  }

  hostRuns(host: string): string {
    return `${this.hosts()}${name(host)}/run/`;
  }

  hostRun(host: string, slug: string): string {
    return `${this.hostRuns(host)}${name(slug)}`;
  }

  /** An index: an instance of a service that a host has. */
  hostInstance(host: string, slug: string, instance: number): string {
    return `${this.hosts()}${name(host)}/instance/${name(slug)}.${instance}`;
  }

  service(slug: string): string {
    return `${this.#prefix}service/${name(slug)}/`;
  }

  slots(slug: string): string {
    return `${this.service(slug)}slot/`;
  }

  slot(slug: string, instance: number): string {
    return `${this.slots(slug)}${instance}`;
  }

  turns(slug: string): string {
    return `${this.service(slug)}turn/`;
  }

  turn(slug: string, instance: number): string {
    return `${this.turns(slug)}${instance}`;
  }

  allDesired(slug: string): string {
    return `${this.service(slug)}desired/`;
  }

  /** The decision of people about a service, or about one of its instances. */
  desired(slug: string, instance?: number): string {
    return `${this.allDesired(slug)}${instance ?? 'all'}`;
  }
}

/** The names between the slashes of a key below `prefix`; undefined if it is none of ours. */
export function namesBelow(prefix: string, key: string): readonly string[] | undefined {
  if (!key.startsWith(prefix)) return undefined;
  try {
    return key.slice(prefix.length).split('/').map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

/** Tags and locks may be any text; a slash in one must not lead elsewhere. */
function name(text: string): string {
  return encodeURIComponent(text);
}

/** Returns a tick as `20261129T020000Z`, which sorts by time. A tick is on a full second. */
export function tickText(tickMs: number): string {
  return new Date(tickMs).toISOString().replace(/[-:]|\.\d+/g, '');
}

/** Returns the tick of such a text, milliseconds since 1970; undefined if it is not one. */
export function tickOfText(text: string): number | undefined {
  const found = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (found === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1).map(Number);
  const tickMs = Date.UTC(year, month - 1, day, hour, minute, second);
  return tickMs;
}
