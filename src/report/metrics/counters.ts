/**
 * Keeps the counters of a file from falling. Prometheus takes a fall for a restart from 0 and adds the whole count again, so lines of a
 * history that are lost must not show.
 */
import { type Family, seriesName } from './exposition.ts';

/** The families with each counter at least as high as in `before`, the text that the file has now. */
export function neverBelow(families: readonly Family[], before: string): readonly Family[] {
  return raised(families, valuesIn(before, new Set(families.filter(isCounter).map(({ name }) => name))));
}

/** Returns `neverBelow` for a program that answers again and again: it remembers the highest value of each counter. */
export function rememberedCounters(): (families: readonly Family[]) => readonly Family[] {
  const known = new Map<string, number>();
  return (families) => {
    const shown = raised(families, known);
    for (const { name, samples } of shown.filter(isCounter))
      for (const { labels, value } of samples) known.set(seriesName(name, labels), value);
    return shown;
  };
}

function raised(families: readonly Family[], known: ReadonlyMap<string, number>): readonly Family[] {
  return families.map((family) => {
    if (!isCounter(family)) return family;
    const samples = family.samples.map(({ labels, value }) => ({
      labels,
      value: Math.max(value, known.get(seriesName(family.name, labels)) ?? 0),
    }));
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
