/**
 * Metrics as text that Prometheus and its node_exporter read: the text format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/). OpenMetrics is left out: promtool does not check it.
 */

export interface Family {
  /** With its prefix and its unit: `processcontrol_job_running`. */
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  /** Those of many jobs are made as they are asked for, each time anew. */
  readonly samples: Iterable<Sample>;
}

/** A sample has no time of its own: node_exporter refuses a whole file for one. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** Samples that are made as they are asked for: those of ten thousand jobs never stand in memory all at once. */
export function listed(samples: () => Generator<Sample>): Iterable<Sample> {
  return { [Symbol.iterator]: samples };
}

export type Labels = Readonly<Record<string, string>>;

const prefix = 'processcontrol_';

export function metricName(name: string): string {
  return prefix + name;
}

/** Milliseconds in the base unit of time; parts of a millisecond are left out. */
export function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}

export function exposition(families: readonly Family[]): string {
  return [...expositionParts(families)].join('');
}

/** A part of the text has about so many lines. */
const linesOfPart = 500;

/** The text in parts of whole lines. A family without samples keeps its HELP and TYPE, so that a reader sees that it exists. */
export function* expositionParts(families: readonly Family[]): Generator<string> {
  for (const { name, type, help, samples } of families) {
    let lines = [`# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n`];
    for (const { labels, value } of samples) {
      if (lines.length >= linesOfPart) {
        yield lines.join('');
        lines = [];
      }
      lines.push(`${seriesName(name, labels)} ${valueText(value)}\n`);
    }
    yield lines.join('');
  }
}

/** The series as it stands in the text: `processcontrol_job_running{job_name="backup"}`. */
export function seriesName(name: string, labels: Labels): string {
  let pairs = '';
  for (const [label, value] of Object.entries(labels))
    pairs += `${pairs === '' ? '' : ','}${label}="${escaped(value).replaceAll('"', '\\"')}"`;
  return pairs === '' ? name : `${name}{${pairs}}`;
}

/** A label value may hold any text; only these two characters would end it or its line. */
function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function valueText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
}
