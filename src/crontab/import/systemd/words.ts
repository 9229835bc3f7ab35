/** Splits the values of unit files into words, with the quotes and escapes of systemd.syntax(7). */

const escapes: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', s: ' ' },
  ...{ '\\': '\\', '"': '"', "'": "'" },
};

export interface UnitWord {
  readonly text: string;
  readonly isQuoted: boolean;
}

/** The texts of the words; `undefined`: a quote is never closed. */
export function unitWords(text: string): readonly string[] | undefined {
  return quotedWords(text)?.map((word) => word.text);
}

export function quotedWords(text: string): readonly UnitWord[] | undefined {
  const words: UnitWord[] = [];
  let isQuoted = false;
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (char === '\\') {
      const [length, value] = escapeAt(text, at);
      word = (word ?? '') + value;
      at += length - 1;
    } else if (quote !== '' && char !== quote) word = (word ?? '') + char;
    else if (char === '"' || char === "'") {
      quote = quote === '' ? char : '';
      word ??= '';
      isQuoted = true;
    } else if (/[ \t\n\r]/.test(char)) {
      if (word !== undefined) words.push({ text: word, isQuoted });
      [word, isQuoted] = [undefined, false];
    } else word = (word ?? '') + char;
  }
  if (quote !== '') return undefined;
  if (word !== undefined) words.push({ text: word, isQuoted });
  return words;
}

/** The count of characters and what they stand for; an unknown escape stays as it is. */
function escapeAt(text: string, at: number): readonly [number, string] {
  const rest = text.slice(at + 1, at + 10);
  const [, hex, octal, short, long] =
    /^(?:x([0-9a-f]{2})|([0-3][0-7]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))/i.exec(rest) ?? [];
  const code = hex ?? short ?? long;
  if (code !== undefined && Number.parseInt(code, 16) > 0 && Number.parseInt(code, 16) <= 0x10ffff)
    return [code.length + 2, String.fromCodePoint(Number.parseInt(code, 16))];
  if (octal !== undefined && octal !== '000') return [4, String.fromCodePoint(Number.parseInt(octal, 8))];
  const [next = ''] = rest;
  return Object.hasOwn(escapes, next) ? [2, escapes[next] ?? ''] : [1 + next.length, `\\${next}`];
}
