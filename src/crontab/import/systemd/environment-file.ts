/** Reads the files of EnvironmentFile=, which have NAME=VALUE lines (systemd.exec(5)). */

/** The variables, or the number of the first line that is none. */
export function environmentFile(text: string): ReadonlyMap<string, string> | number {
  const variables = new Map<string, string>();
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const line = at + 1;
    let written = (lines[at] ?? '').trim();
    const isRemark = /^[#;]/.test(written);
    while (!isRemark && goesOn.test((lines[at] ?? '').trimEnd()) && at + 1 < lines.length) {
      at += 1;
      written = written.slice(0, -1) + (lines[at] ?? '').trimEnd();
    }
    if (written === '' || /^[#;]/.test(written)) continue;
    const [, name, value = ''] = /^([A-Za-z_]\w*)[ \t]*=[ \t]*(.*)$/.exec(written) ?? [];
    const read = unquoted(value);
    if (name === undefined || read === undefined) return line;
    variables.set(name, read);
  }
  return variables;
}

/** An odd number of backslashes ends the line. */
const goesOn = /(?<!\\)(?:\\\\)*\\$/;

/** `undefined`: a quote is never closed. */
function unquoted(written: string): string | undefined {
  let value = '';
  let quote = '';
  for (let at = 0; at < written.length; at += 1) {
    const char = written[at] ?? '';
    if (quote === "'" ? char === "'" : quote === '"' && char === '"') quote = '';
    else if (quote === '' && (char === '"' || char === "'")) quote = char;
    else if (char === '\\' && quote !== "'" && at + 1 < written.length) {
      at += 1;
      value += quote === '"' && !/["\\`$]/.test(written[at] ?? '') ? `\\${written[at]}` : written[at];
    } else value += char;
  }
  return quote === '' ? value : undefined;
}
