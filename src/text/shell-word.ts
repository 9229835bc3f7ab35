/** A word of a command that a person is to type: as it is, or in quotes where a shell would take it for something else. */
export function shellWord(text: string): string {
  return /^[\w@%+=,.:/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
