/**
 * Placeholders in the command, pid file and environment of a service: `{{instance}}`,
 * `{{ports[http]}}` and the spellings of Aurora and supervisor. Only exact matches are replaced:
 * `date +%s` and `{{.Names}}` stay as they are.
 */

/** The values of one instance. */
export interface InstanceFacts {
  readonly name: string;
  /** A number, or what stands for it until it is known. */
  readonly instance: number | string;
  readonly ports: Readonly<Record<string, number>>;
  readonly pidFile?: string;
}

/** The names that a service defines. */
export interface KnownNames {
  readonly ports: readonly string[];
  readonly hasPidFile: boolean;
}

export interface UnknownName {
  /** The 0-based index of the placeholder in the text. */
  readonly index: number;
  readonly message: string;
}

const pattern = /\{\{([A-Za-z_][\w.]*)(?:\[([^\]{}]*)\])?\}\}|%\(([A-Za-z_]\w*)\)s/g;

/**
 * The meaning of each name, also those of Aurora (`mesos.instance`, `thermos.ports[…]`) and
 * supervisor (`%(instance_number)s`).
 */
const meanings: Readonly<Record<string, 'name' | 'instance' | 'ports' | 'pid_file'>> = {
  name: 'name',
  instance: 'instance',
  'mesos.instance': 'instance',
  instance_number: 'instance',
  ports: 'ports',
  'thermos.ports': 'ports',
  pid_file: 'pid_file',
};

export function expand(text: string, facts: InstanceFacts): string {
  return text.replace(
    pattern,
    (written, braced: string | undefined, key: string | undefined, percent: string | undefined) => {
      const value = replacementFor(meanings[braced ?? percent ?? ''], key, facts);
      return value === undefined ? written : String(value);
    },
  );
}

function replacementFor(
  meaning: string | undefined,
  key: string | undefined,
  facts: InstanceFacts,
): string | number | undefined {
  switch (meaning) {
    case 'name':
      return facts.name;
    case 'instance':
      return facts.instance;
    case 'ports':
      return facts.ports[key ?? ''];
    case 'pid_file':
      return facts.pidFile;
    default:
      return undefined;
  }
}

/** Returns the placeholders that are unknown, or that this service does not define. */
export function unknownNames(text: string, known: KnownNames): readonly UnknownName[] {
  return [...text.matchAll(pattern)].flatMap((match) => {
    const [written, braced, key, percent] = match;
    const message = problemWith(braced ?? percent ?? '', key, known);
    return message === undefined ? [] : [{ index: match.index, message: `${written} ${message}` }];
  });
}

function problemWith(name: string, key: string | undefined, { ports, hasPidFile }: KnownNames): string | undefined {
  const meaning = Object.hasOwn(meanings, name) ? meanings[name] : undefined;
  if (meaning === undefined) return 'means nothing; known are name, instance, ports[NAME] and pid_file';
  if (meaning === 'pid_file' && !hasPidFile) return 'needs a "pid_file"';
  if (meaning === 'ports') {
    if (key !== undefined && ports.includes(key)) return undefined;
    return ports.length === 0 ? 'needs "ports"' : `must name one of the ports: ${ports.join(', ')}`;
  }
  return key === undefined ? undefined : 'has no [ ]';
}

/** True if the text differs between two instances. */
export function differsByInstance(text: string): boolean {
  return [...text.matchAll(pattern)].some(([, braced, , percent]) => {
    const meaning = meanings[braced ?? percent ?? ''];
    return meaning === 'instance' || meaning === 'ports';
  });
}

/**
 * Returns a text of the same length with letters instead of placeholders, which are no shell
 * syntax.
 */
export function masked(text: string): string {
  return text.replace(pattern, (written) => 'x'.repeat(written.length));
}
