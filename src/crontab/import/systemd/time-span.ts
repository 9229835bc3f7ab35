/** Reads the time spans of systemd.time(7): `5min 20s`, `1.5h`, `90`. */

const units: readonly (readonly [RegExp, number])[] = [
  [/^(?:usec|us|µs|μs)$/, 1e-6],
  [/^(?:msec|ms)$/, 1e-3],
  [/^(?:seconds?|sec|s|)$/, 1],
  [/^(?:minutes?|min|m)$/, 60],
  [/^(?:hours?|hr|h)$/, 3600],
  [/^(?:days?|d)$/, 86_400],
  [/^(?:weeks?|w)$/, 604_800],
  [/^(?:months?|M)$/, 2_629_800],
  [/^(?:years?|y)$/, 31_557_600],
];

/** Seconds, `Infinity`, or `undefined` for a text that is no time span. */
export function spanSeconds(text: string): number | undefined {
  if (text === 'infinity') return Number.POSITIVE_INFINITY;
  if (text.length > 200) return undefined;
  let sum = 0;
  const rest = text.replace(/(\d{1,15}(?:\.\d{0,15})?)[ \t]*([a-zA-Zµμ]*)/g, (_, count: string, unit: string) => {
    sum += Number(count) * (units.find(([pattern]) => pattern.test(unit))?.[1] ?? Number.NaN);
    return '';
  });
  return text.trim() === '' || rest.trim() !== '' || Number.isNaN(sum) ? undefined : sum;
}

/** A duration as job files have them, without fractions of a second. */
export function spanText(seconds: number): string {
  let rest = Math.ceil(seconds);
  if (rest >= 120 && rest % 60 === 0 && rest < 7200) return `${rest / 60}m`;
  let text = '';
  for (const [unit, length] of [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ] as const) {
    const count = Math.floor(rest / length);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * length;
  }
  return text === '' ? '0s' : text;
}
