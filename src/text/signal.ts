/** The Linux signals by number and by name, as signal(7) lists them for x86 and ARM. */

const numbers: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  XCPU: 24,
  XFSZ: 25,
  SYS: 31,
};

const names = new Map(Object.entries(numbers).map(([name, number]) => [number, `SIG${name}`]));

/** The number of a signal that is written `TERM` or `SIGTERM`; `undefined` for any other word. */
export function signalNumber(name: string): number | undefined {
  const short = name.replace(/^SIG/, '');
  return Object.hasOwn(numbers, short) ? numbers[short] : undefined;
}

/** `SIGTERM`; a real-time or unknown signal is named by its number: `signal 34`. */
export function signalName(signal: number): string {
  return names.get(signal) ?? `signal ${signal}`;
}
