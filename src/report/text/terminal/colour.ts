/** Colours of a terminal. */

export type Colour = 'red' | 'yellow' | 'cyan' | 'magenta' | 'green' | 'dim' | 'bold' | 'none';

/** SGR parameters of ECMA-48: on and off. */
const codes: Readonly<Record<Colour, readonly [number, number] | undefined>> = {
  red: [31, 39],
  yellow: [33, 39],
  cyan: [36, 39],
  magenta: [35, 39],
  green: [32, 39],
  dim: [2, 22],
  bold: [1, 22],
  none: undefined,
};

/** The abilities of the terminal beyond ASCII text. */
export interface Terminal {
  readonly columns: number;
  readonly isColoured: boolean;
  readonly isUnicode: boolean;
}

/** Returns a function that colours a text; without a terminal, or without colours, the text stays as it is. */
export function painted(colour: Colour, terminal: Pick<Terminal, 'isColoured'> | undefined): (text: string) => string {
  const code = codes[colour];
  if (terminal?.isColoured !== true || code === undefined) return (text) => text;
  const [on, off] = code;
  return (text) => (text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`);
}
