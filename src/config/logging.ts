/**
 * The settings of the programs' own log, from our own keys or the parts of a Python dictConfig that
 * have a meaning here.
 */
import { defined } from '../text/defined.ts';
import { type ConfigFile, configSchema } from './schema.ts';

type Level = 'debug' | 'info' | 'warn' | 'error';

export interface Logging {
  readonly level: Level;
  readonly format: 'text' | 'json';
  readonly syslog?: { readonly facility: string };
  readonly file?: string;
  /** The log also goes to standard error. */
  readonly console: boolean;
}

type WrittenLogging = NonNullable<ConfigFile['logging']>;

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

/** Python's levels by the levels of winston; CRITICAL has no counterpart. */
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

/** `unused` lists the keys of a dictConfig that have no effect here. */
export function loggingOf(written: WrittenLogging): { readonly logging: Logging; readonly unused: readonly string[] } {
  if (pythonKeys.some((key) => key in written)) return fromPython(written);
  const { level = 'info', format = 'text', syslog, file, console = false } = written;
  return {
    logging: defined({
      level,
      format,
      console,
      syslog: syslog && { facility: syslog.facility ?? 'daemon' },
      file,
    }),
    unused: [],
  };
}

type Settings = Readonly<Record<string, unknown>>;

const facilities: readonly string[] = configSchema.properties.logging.properties.syslog.properties.facility.enum;
/** Keys of a handler that have an effect here, or that need none. */
const handlerKeys = ['class', 'level', 'formatter', 'facility', 'filename', 'stream', 'encoding', 'delay', 'mode'];

function fromPython(written: WrittenLogging): { readonly logging: Logging; readonly unused: readonly string[] } {
  const handlers = Object.entries((written.handlers ?? {}) as Readonly<Record<string, Settings>>);
  const unused: string[] = (['formatters', 'filters'] as const).filter(
    (key) => Object.keys(written[key] ?? {}).length > 0,
  );
  let target: Partial<Pick<Logging, 'syslog' | 'file' | 'console'>> = {};
  for (const [name, handler] of handlers) {
    const understood = targetOf(handler);
    target = { ...target, ...understood };
    const ignored = Object.keys(handler).filter(
      (key) => !handlerKeys.includes(key) && !isLocalSocket(key, handler[key]),
    );
    for (const key of understood ? ignored.map((one) => `.${one}`) : ['']) unused.push(`handlers.${name}${key}`);
  }
  const level = pythonLevel(
    written,
    handlers.map(([, handler]) => handler),
  );
  return { logging: { level, format: 'text', console: false, ...target }, unused };
}

function isLocalSocket(key: string, value: unknown): boolean {
  return key === 'address' && value === '/dev/log';
}

function targetOf(handler: Settings): Partial<Logging> | undefined {
  switch (
    String(handler.class ?? '')
      .split('.')
      .at(-1)
  ) {
    case 'SysLogHandler': {
      const facility = String(handler.facility ?? 'user');
      return facilities.includes(facility) ? { syslog: { facility } } : undefined;
    }
    case 'StreamHandler':
      return { console: true };
    case 'FileHandler':
    case 'WatchedFileHandler':
    case 'RotatingFileHandler': {
      const { filename } = handler;
      return typeof filename === 'string' && filename.startsWith('/') ? { file: filename } : undefined;
    }
    default:
      return undefined;
  }
}

/**
 * A message passes a logger, then a handler, so the stricter of the two levels decides; of several
 * pairs the most verbose one.
 */
function pythonLevel(written: WrittenLogging, handlers: readonly Settings[]): Level {
  const loggers = [...Object.values(written.loggers ?? {}), ...(written.root ? [written.root] : [])] as Settings[];
  const level = Math.max(lowestRank(loggers, 'info'), lowestRank(handlers, 'debug'));
  return order[level] ?? 'info';
}

function lowestRank(all: readonly Settings[], fallback: Level): number {
  if (all.length === 0) return order.indexOf(fallback);
  const ranks = all.map(({ level }) => order.indexOf(pythonLevels[String(level).toUpperCase()] ?? 'debug'));
  return ranks.reduce((lowest, rank) => Math.min(lowest, rank));
}
