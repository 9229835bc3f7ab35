/** Where the programs' own log goes: from our form, or as much of a Python dictConfig as has a meaning here. */
import type { ConfigFile } from './schema.ts';

export type Level = 'debug' | 'info' | 'warn' | 'error';

export interface Logging {
  readonly level: Level;
  readonly format: 'text' | 'json';
  readonly syslog?: { readonly facility: string };
  readonly file?: string;
  /** To standard error. */
  readonly console: boolean;
}

type Written = NonNullable<ConfigFile['logging']>;

const pythonKeys = [
  'version',
  'formatters',
  'filters',
  'handlers',
  'loggers',
  'root',
  'disable_existing_loggers',
  'incremental',
] as const;

/** Python's names, and winston's as we use them; CRITICAL has none of its own. */
const pythonLevels: Readonly<Record<string, Level>> = {
  NOTSET: 'debug',
  DEBUG: 'debug',
  INFO: 'info',
  WARNING: 'warn',
  WARN: 'warn',
  ERROR: 'error',
  CRITICAL: 'error',
  FATAL: 'error',
};
const order: readonly Level[] = ['debug', 'info', 'warn', 'error'];

/** `unused` names what a dictConfig says and nothing here heeds. */
export function loggingOf(written: Written): { readonly logging: Logging; readonly unused: readonly string[] } {
  if (pythonKeys.some((key) => key in written)) return fromPython(written);
  const { level = 'info', format = 'text', syslog, file, console = false } = written;
  return {
    logging: {
      level,
      format,
      console,
      ...(syslog && { syslog: { facility: syslog.facility ?? 'daemon' } }),
      ...(file !== undefined && { file }),
    },
    unused: [],
  };
}

type Settings = Readonly<Record<string, unknown>>;

function fromPython(written: Written): { readonly logging: Logging; readonly unused: readonly string[] } {
  const handlers = Object.entries((written.handlers ?? {}) as Readonly<Record<string, Settings>>);
  const unused: string[] = (['formatters', 'filters'] as const).filter(
    (key) => Object.keys(written[key] ?? {}).length > 0,
  );
  let target: Partial<Pick<Logging, 'syslog' | 'file' | 'console'>> = {};
  for (const [name, handler] of handlers) {
    const understood = targetOf(handler);
    if (understood) target = { ...target, ...understood };
    else unused.push(`handlers.${name}`);
  }
  const logging = {
    level: pythonLevel(
      written,
      handlers.map(([, handler]) => handler),
    ),
    format: 'text',
    console: false,
    ...target,
  } as const;
  return { logging, unused };
}

function targetOf(handler: Settings): Partial<Logging> | undefined {
  const name = String(handler.class ?? '')
    .split('.')
    .at(-1);
  switch (name) {
    case 'SysLogHandler':
      return { syslog: { facility: String(handler.facility ?? 'user') } };
    case 'StreamHandler':
      return { console: true };
    case 'FileHandler':
    case 'WatchedFileHandler':
    case 'RotatingFileHandler':
    case 'TimedRotatingFileHandler':
      return typeof handler.filename === 'string' ? { file: handler.filename } : undefined;
    default:
      return undefined;
  }
}

/** A message passes a logger, then a handler: the stricter of the two decides; of several, the most talkative. */
function pythonLevel(written: Written, handlers: readonly Settings[]): Level {
  const loggers = [
    ...Object.values(written.loggers ?? {}),
    ...(written.root ? [written.root] : []),
  ] as readonly Settings[];
  const lowest = (all: readonly Settings[]) => Math.min(...all.map(rank), order.length - 1);
  const level = Math.max(loggers.length === 0 ? 1 : lowest(loggers), handlers.length === 0 ? 0 : lowest(handlers));
  return order[level] ?? 'info';
}

function rank(settings: Settings): number {
  return order.indexOf(pythonLevels[String(settings.level ?? 'NOTSET').toUpperCase()] ?? 'debug');
}
