/** Signals by the names that people write: `TERM`, `SIGTERM` (Linux numbers, x86 and arm; signal(7)). */

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

/** `undefined` for what is no name of a signal. */
export function signalNumber(name: string): number | undefined {
  const short = name.replace(/^SIG/, '');
  return Object.hasOwn(numbers, short) ? numbers[short] : undefined;
}
