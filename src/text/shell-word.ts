/**
 * Returns a word of a command for people to type, in quotes if a shell would not read it as one
 * plain word.
 */
export function shellWord(text: string): string {
  return /^[\w@%+=,.:/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
