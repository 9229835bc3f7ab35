/**
 * Keeps the counters of a file from falling. Prometheus takes a fall for a restart from 0 and adds the whole count again, so lines of a
 * history that are lost must not show.
 */
import { type Family, listed, seriesName } from './exposition.ts';

/**
 * The families with each counter at least as high as in `before`, the text that the file has now. The counters of jobs whose history says
 * nothing at present stay as they are there: the next ones must not be lower.
 */
export function neverBelow(
  families: readonly Family[],
  before: string,
  silent: ReadonlySet<string> = new Set(),
): readonly Family[] {
  const known = valuesIn(before, new Set(families.filter(isCounter).map(({ name }) => name)));
  return raised(withSilent(families, known, silent), known);
}

function withSilent(
  families: readonly Family[],
  known: ReadonlyMap<string, number>,
  silent: ReadonlySet<string>,
): readonly Family[] {
  if (silent.size === 0) return families;
  const kept = [...known].flatMap(([series, value]) => {
    const labels = Object.fromEntries(
      [...series.matchAll(/([a-z_]+)="([^"\\]*)"/g)].map(([, name = '', text = '']) => [name, text]),
    );
    return silent.has(labels.job_name ?? '') ? [{ series, labels, value }] : [];
  });
  return families.map((family) => {
    if (!isCounter(family)) return family;
    const of = kept.filter(({ series }) => series.startsWith(`${family.name}{`));
    const samples = listed(function* () {
      const now = new Set<string>();
      for (const sample of family.samples) {
        now.add(seriesName(family.name, sample.labels));
        yield sample;
      }
      for (const { series, labels, value } of of) if (!now.has(series)) yield { labels, value };
    });
    return { ...family, samples };
  });
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
