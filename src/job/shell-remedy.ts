/** What to write instead of what only a shell acts on. */

const wrap = "wrap it: sh -c '…' (or quote what is meant literally)";

/** The end of a sentence; `found` is what splitCommand noted in `text`. */
export function shellSyntaxRemedy(text: string, found: readonly string[]): string {
  const bare = outsideQuotes(text);
  const remedies = [
    ...(found.includes('&') && /&[ \t]*$/.test(bare) && !/&&/.test(bare)
      ? ['leave out the "&" (and nohup): run-job waits for the command, and ends what stays behind']
      : []),
    ...(found.includes('&') && /&&/.test(bare) ? ['write a list of commands, which ends at the first that fails'] : []),
    ...(found.includes(';') ? ['write a list of commands'] : []),
    ...(found.includes('>') ? ['leave the redirection out: all output is in the log of the run'] : []),
    ...(found.includes('~') ? ['write the whole path'] : []),
    ...(found.includes('#') ? ['put a comment on a line of its own, outside of the command'] : []),
  ];
  return [...remedies, wrap].join(', or ');
}

/** The same text, of the same length, with "x" for everything in quotes or behind a backslash. */
function outsideQuotes(text: string): string {
  return text.replace(/\\.|'[^']*'|"(?:\\.|[^"\\])*"/g, (quoted) => 'x'.repeat(quoted.length));
}
