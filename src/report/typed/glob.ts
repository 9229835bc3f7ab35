/**
 * Matches a name with a pattern of `*` (any characters) and `?` (one).
 * A regular expression from a pattern such as `*a*a*a*b` would try all ways to divide the name
 * among the stars. Here only the last star is tried again, so the time is at most the product of
 * both lengths.
 */
export function matchesGlob(name: string, glob: string): boolean {
  let at = 0;
  let next = 0;
  let star = -1;
  let starAt = 0;
  while (at < name.length) {
    if (glob[next] === '*') {
      star = next++;
      starAt = at;
    } else if (next < glob.length && (glob[next] === '?' || glob[next] === name[at])) {
      at++;
      next++;
    } else if (star >= 0) {
      next = star + 1;
      at = ++starAt;
    } else return false;
  }
  while (glob[next] === '*') next++;
  return next === glob.length;
}
