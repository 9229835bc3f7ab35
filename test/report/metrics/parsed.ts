/** Reads the text format of Prometheus, by its description and not by our writer. */

export interface Parsed {
  /** The values by their series: the name, and the labels as JSON, sorted by their names. */
  readonly values: ReadonlyMap<string, number>;
  readonly types: ReadonlyMap<string, string>;
}

export function parsed(text: string): Parsed {
  const values = new Map<string, number>();
  const types = new Map<string, string>();
  for (const line of text.split('\n').slice(0, -1)) {
    const [, name = '', type = ''] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (name !== '') types.set(name, type);
    if (line.startsWith('#')) continue;
    const [, metric, labels = '', value] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/s.exec(line) ?? [];
    if (metric === undefined) throw new Error(`no sample: ${line}`);
    const key = series(metric, labelsIn(labels));
    if (values.has(key)) throw new Error(`twice: ${line}`);
    values.set(key, Number(value));
  }
  return { values, types };
}

export function series(name: string, labels: Readonly<Record<string, string>> = {}): string {
  return `${name}${JSON.stringify(Object.entries(labels).sort())}`;
}

export function nameOf(key: string): string {
  return key.slice(0, key.indexOf('['));
}

function labelsIn(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  const pair = /([a-z_]+)="((?:[^"\\]|\\.)*)"(?:,|$)/gy;
  for (let found = pair.exec(text); found !== null; found = pair.exec(text)) {
    const [, name = '', value = ''] = found;
    labels[name] = value.replace(/\\(.)/g, (_, character) => (character === 'n' ? '\n' : character));
    if (pair.lastIndex === text.length) return labels;
  }
  if (text !== '') throw new Error(`no labels: ${text}`);
  return labels;
}
