/**
 * Metrics as text that Prometheus and its node_exporter read: the text format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/). OpenMetrics is left out: promtool does not check it.
 */

export interface Family {
  /** With its prefix and its unit: `processcontrol_job_running`. */
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** A sample has no time of its own: node_exporter refuses a whole file for one. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
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

/** A family without samples keeps its HELP and TYPE, so that a reader sees that it exists. */
export function exposition(families: readonly Family[]): string {
  return families
    .map(({ name, type, help, samples }) => {
      const lines = samples.map(({ labels, value }) => `${seriesName(name, labels)} ${valueText(value)}\n`);
      return `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n${lines.join('')}`;
    })
    .join('');
}

/** The series as it stands in the text: `processcontrol_job_running{job_name="backup"}`. */
export function seriesName(name: string, labels: Labels): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${escaped(value).replaceAll('"', '\\"')}"`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
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
