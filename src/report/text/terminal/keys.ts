/** The keys of a terminal in raw mode. */

export type Key =
  | { readonly is: 'up' | 'down' | 'page-up' | 'page-down' | 'first' | 'last' }
  | { readonly is: 'enter' | 'escape' | 'erase' | 'interrupt' | 'suspend' | 'redraw' }
  | { readonly is: 'text'; readonly text: string };

/** The bytes that terminals send for a key (ECMA-48, and what xterm and the Linux console send in application mode). */
const sequences: Readonly<Record<string, Key>> = {
  '\u001b[A': { is: 'up' },
  '\u001bOA': { is: 'up' },
  '\u001b[B': { is: 'down' },
  '\u001bOB': { is: 'down' },
  '\u001b[5~': { is: 'page-up' },
  '\u001b[6~': { is: 'page-down' },
  '\u001b[H': { is: 'first' },
  '\u001bOH': { is: 'first' },
  '\u001b[1~': { is: 'first' },
  '\u001b[F': { is: 'last' },
  '\u001bOF': { is: 'last' },
  '\u001b[4~': { is: 'last' },
  '\r': { is: 'enter' },
  '\n': { is: 'enter' },
  '\u007f': { is: 'erase' },
  '\b': { is: 'erase' },
  '\u001b': { is: 'escape' },
  '\u0003': { is: 'interrupt' },
  '\u000c': { is: 'redraw' },
  '\u001a': { is: 'suspend' },
};

const keyPattern = /\u001b\[[\d;<>?]*[ -/]*[@-~]|\u001bO[A-Z]|[\u0000-\u001f\u007f]|[^\u0000-\u001f\u007f]+/g;
/** The beginning of a sequence whose rest has not arrived. */
const unfinished = /\u001b(?:\[[\d;<>?]*|O)?$/;

export interface Typed {
  readonly keys: readonly Key[];
  /** Stands before the next input. If nothing follows within a moment, it is the Escape key. */
  readonly rest: string;
}

/** The keys of one read; keys that have no meaning here are left out. */
export function keysIn(input: string): Typed {
  const [rest = ''] = unfinished.exec(input) ?? [];
  const complete = input.slice(0, input.length - rest.length);
  return { keys: (complete.match(keyPattern) ?? []).flatMap(keysOf), rest };
}

function keysOf(part: string): readonly Key[] {
  const known = Object.hasOwn(sequences, part) ? sequences[part] : undefined;
  if (known !== undefined) return [known];
  if (part < ' ') return [];
  return [...part].map((text) => ({ is: 'text', text }) as const);
}

/** The keys of input that stays unfinished: Escape, and what was typed after it. */
export function keysOfRest(rest: string): readonly Key[] {
  return rest === '' ? [] : [{ is: 'escape' }];
}
