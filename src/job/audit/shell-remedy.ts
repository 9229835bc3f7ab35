/** Advises what to write instead of shell syntax. */

const wrap = "wrap it: sh -c '…' (or quote what is meant literally)";
const longestShown = 80;

/** Returns the whole command line as the argument of a shell. */
export function wrapped(text: string): string {
  const shell = ofBash.test(text) ? 'bash' : 'sh';
  return `wrap the whole: ${shell} -c '${text.length > longestShown || /['\\]/.test(text) ? '…' : text}'`;
}

/** Matches syntax of bash that dash does not know. */
const ofBash =
  /^[ \t]*(?:source|pushd|popd|declare|typeset|function|shopt|select|let|mapfile|bind|enable|disown)\b|\[\[|<<</;

/**
 * True for commands that are joined by `&&` or `;` alone: no pipe, no alternative, nothing in the
 * background.
 */
export function isSequence(text: string): boolean {
  const bare = outsideQuotes(text);
  const joins = bare.replaceAll('&&', '').replace(/[0-9]?>&[0-9-]/g, '');
  return /&&|;/.test(bare) && !/[|&]/.test(joins) && !isScript(bare);
}

/** Returns the end of a message; `found` is the shell syntax that splitCommand found in `text`. */
export function shellSyntaxRemedy(text: string, found: readonly string[]): string {
  const bare = outsideQuotes(text);
  // In a pipe or a script no part can be left out or moved.
  const isWhole = /\||</.test(bare) || isScript(bare);
  const remedies = [
    ...(isWhole || !/&[ \t]*$/.test(bare) || /&&/.test(bare)
      ? []
      : ['leave out the "&" (and nohup): run-job waits for the command, and ends what stays behind']),
    ...(isSequence(text) ? ['write a list of commands, which ends at the first that fails'] : []),
    ...(found.includes('>') && !isWhole ? [redirection(bare)] : []),
    ...(found.includes('~') ? ['write the whole path'] : []),
    ...(found.includes('#') ? ['put a comment on a line of its own, outside of the command'] : []),
  ];
  return [...remedies, wrap].join(', or ');
}

/**
 * Words the advice about a redirection, without "if it makes a log" when the target can only be a
 * log.
 */
function redirection(bare: string): string {
  const targets = [...bare.matchAll(/>>?[ \t]*([^ \t]*)/g)].map(([, target = '']) => target);
  const isLog = targets.every((target) => /^(?:&[0-9-]|\/dev\/null|\S*\.log|\/var\/log\/\S*)$/.test(target));
  return `leave the redirection out${isLog ? '' : ' if it makes a log'}: all output is in the log of the run`;
}

/** True for a line that would mean something else as a list of commands. */
function isScript(bare: string): boolean {
  return /[()]|(?:^|[;&|][ \t]*)(?:if|then|else|fi|for|while|until|do|done|case|esac|set|cd|export|exec|exit|source|\.|\w+=\S*[ \t]*;)(?:[ \t;]|$)/.test(
    bare.replace(/^[ \t]*(?:cd|export|umask|ulimit)[ \t][^;&]*/, ''),
  );
}

/** Returns a text of the same length with "x" for everything in quotes or behind a backslash. */
function outsideQuotes(text: string): string {
  return text.replace(/\\.|'[^']*'|"(?:\\.|[^"\\])*"/g, (quoted) => 'x'.repeat(quoted.length));
}
