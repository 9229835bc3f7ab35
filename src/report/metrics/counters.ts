/**
 * Keeps the counters of a file from falling. Prometheus takes a fall for a restart from 0 and adds the whole count again, so lines of a
 * history that are lost must not show.
 */
import { type Family, listed, seriesName } from './exposition.ts';

/** The families with each counter at least as high as in `before`, the text that the file has now. */
export function neverBelow(families: readonly Family[], before: string): readonly Family[] {
  return raised(families, valuesIn(before, new Set(families.filter(isCounter).map(({ name }) => name))));
}

/** Returns `neverBelow` for a program that answers again and again: it remembers the highest value of each counter that it has said. */
export function rememberedCounters(): (families: readonly Family[]) => readonly Family[] {
  const known = new Map<string, number>();
  return (families) => raised(families, known, (series, value) => known.set(series, value));
}

function raised(
  families: readonly Family[],
  known: ReadonlyMap<string, number>,
  note: (series: string, value: number) => void = () => undefined,
): readonly Family[] {
  return families.map((family) => {
    if (!isCounter(family)) return family;
    const samples = listed(function* () {
      for (const { labels, value: now } of family.samples) {
        const series = seriesName(family.name, labels);
        const value = Math.max(now, known.get(series) ?? 0);
        note(series, value);
        yield { labels, value };
      }
    });
    return { ...family, samples };
  });
}

function isCounter({ type }: Family): boolean {
  return type === 'counter';
}

function valuesIn(text: string, names: ReadonlySet<string>): ReadonlyMap<string, number> {
  const lines = text.split('\n').filter((line) => names.has(/^\w+/.exec(line)?.[0] ?? ''));
  const pairs = lines.map((line): [string, number] => {
    const at = line.lastIndexOf(' ');
    return [line.slice(0, at), Number(line.slice(at + 1))];
  });
  return new Map(pairs.filter(([, value]) => Number.isFinite(value)));
}
