/** A real Prometheus and a real node_exporter for a test, on ports of their own, and the questions of a dashboard. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { repository } from '../cli/house.ts';

export const examples = path.join(repository, 'examples/prometheus');

/** The reason why this host can't, or false. */
export function lacks(...programs: readonly string[]): string | false {
  const missing = programs.filter((program) => spawnSync(program, ['--version']).status !== 0);
  return missing.length === 0 ? false : `needs ${missing.join(' and ')}`;
}

export interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export const rulesFile = path.join(examples, 'process-control.rules.yaml');

export function shippedRules(): readonly Rule[] {
  const { groups } = parse(readFileSync(rulesFile, 'utf8')) as { groups: { rules: Rule[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string; readonly refId: string }[];
}

/** The queries of the dashboard with every variable set to all, by their panel. */
export function dashboardQueries(): readonly { readonly title: string; readonly expr: string }[] {
  const dashboard = JSON.parse(readFileSync(path.join(examples, 'grafana-dashboard.json'), 'utf8')) as {
    templating: { list: { name: string; type: string; definition?: string }[] };
    panels: Panel[];
  };
  const ofPanels = dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, refId }) => ({ title: `${title} ${refId}`, expr })),
  );
  const ofVariables = dashboard.templating.list.flatMap(({ name, type, definition = '' }) => {
    if (type !== 'query') return [];
    const expr = /^label_values\((.*), \w+\)$/.exec(definition)?.[1];
    if (expr === undefined) throw new Error(`${name}: ${definition}`);
    return [{ title: `variable ${name}`, expr }];
  });
  return [...ofVariables, ...ofPanels].map(({ title, expr }) => ({
    title,
    expr: expr.replace(/\$(?:instance|tag|job)\b/g, '.*'),
  }));
}

export class Server {
  readonly #child: ChildProcess;
  #said = '';

  constructor(program: string, args: readonly string[]) {
    this.#child = spawn(program, [...args, '--web.listen-address=127.0.0.1:0'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: '/',
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text;
    });
  }

  /** The address that it has bound; undefined until then. Throws when it has ended. */
  address(): string | undefined {
    if (this.#child.exitCode !== null) throw new Error(`it ended: ${this.#said}`);
    return /msg="Listening on" address=(127\.0\.0\.1:[1-9]\d*)/.exec(this.#said)?.[1];
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await gone;
  }
}

export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** The answer of Prometheus to an instant query. Throws its error. */
export async function query(address: string, expr: string): Promise<readonly Series[]> {
  const response = await fetch(`http://${address}/api/v1/query`, {
    method: 'POST',
    body: new URLSearchParams({ query: expr }),
  });
  const answer = (await response.json()) as { status: string; error?: string; data?: { result: Series[] } };
  if (answer.status !== 'success' || answer.data === undefined) throw new Error(`${expr}: ${answer.error}`);
  return answer.data.result;
}
