/**
 * A name and a pattern with `*` (any characters) and `?` (one). A regular expression made of a pattern such as `*a*a*a*b` tries all ways to
 * share a name out among the stars; here only the last star is ever tried anew, so the time is at most the product of both lengths.
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
