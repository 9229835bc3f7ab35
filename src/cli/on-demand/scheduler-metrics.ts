/**
 * `job-scheduler --metrics`: answers GET /metrics with what `jobctl metrics` prints. A process of its
 * own makes the text, so no reader delays a start; readers at the same time share it.
 */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import type { MetricsPlace, OpenMetrics } from '../crontab/scheduler/metrics-place.ts';
import { say } from '../frame/output.ts';
import { startAndRead } from '../frame/start-program.ts';
import { refusalOf, safeHeaders, valuesOf } from '../report/gate.ts';

const limits = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 5000,
  requestTimeout: 15_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000,
};

/** Longer than 10,000 jobs need on a busy host. */
const patienceMs = 60_000;

/** Rejects with words for the operator. */
export async function serveMetrics(place: MetricsPlace, configFile: string | undefined): Promise<OpenMetrics> {
  const texts = metricsTexts(configFile);
  const server = createServer(limits, (request, response) => {
    const { method = '', url: target = '', rawHeaders: headers } = request;
    // Another site can make its own name mean loopback, but nothing that is reached from elsewhere.
    const named = valuesOf(headers, 'host').map((name) => name.toLowerCase().replace(/:\d{1,5}$/, ''));
    const hosts = isLoopback(place) ? ['localhost', '127.0.0.1', '[::1]', os.hostname().toLowerCase()] : named;
    const refusal = refusalOf({ method, target, headers }, { door: 'socket', hosts, loginPath: '' });
    if (refusal !== undefined) return answer(response, refusal.status, `${refusal.words}\n`);
    if (target.split('?')[0] !== '/metrics') return answer(response, 404, 'the metrics are at /metrics\n');
    void texts
      .get()
      .then((text) =>
        text === undefined
          ? answer(response, 503, 'jobctl metrics has failed; job-scheduler has its words on standard error\n')
          : answer(response, 200, text),
      );
  });
  server.maxConnections = 64;
  const url = await listen(server, place);
  return {
    url,
    close() {
      texts.end();
      server.close();
      server.closeAllConnections();
    },
  };
}

function isLoopback({ host }: MetricsPlace): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function answer(response: ServerResponse, status: number, text: string): void {
  const type = status === 200 ? 'text/plain; version=0.0.4; charset=utf-8' : 'text/plain; charset=utf-8';
  response.writeHead(status, { ...safeHeaders, 'Content-Type': type });
  response.end(text);
}

function listen(server: Server, { host, port }: MetricsPlace): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen({ host, port, exclusive: true }, () => {
      const { address, port: given } = server.address() as AddressInfo;
      server.off('error', reject).on('error', ({ message }) => say('job-scheduler', `--metrics: ${message}`));
      resolve(`http://${address.includes(':') ? `[${address}]` : address}:${given}/metrics`);
    });
  });
}

interface MetricsTexts {
  /** `undefined` if jobctl fails. */
  get(): Promise<string | undefined>;
  end(): void;
}

function metricsTexts(configFile: string | undefined): MetricsTexts {
  let current: Promise<string | undefined> | undefined;
  let stop = () => {};
  const make = () =>
    new Promise<string | undefined>((resolve) => {
      const start = { name: 'jobctl', args: ['metrics'], configFile, inherits: 'settings' } as const;
      const child = startAndRead(start, ['ignore', 'pipe', 'inherit']);
      const parts: Buffer[] = [];
      stop = () => child.kill('SIGKILL');
      const timer = setTimeout(stop, patienceMs);
      child.stdout?.on('data', (part: Buffer) => parts.push(part));
      child.once('error', ({ message }) => {
        clearTimeout(timer);
        say('job-scheduler', `--metrics: jobctl was not started: ${message}`);
        resolve(undefined);
      });
      child.once('close', (code) => {
        clearTimeout(timer);
        resolve(code === 0 ? Buffer.concat(parts).toString('utf8') : undefined);
      });
    });
  return {
    get() {
      current ??= make().finally(() => {
        current = undefined;
      });
      return current;
    },
    end: () => stop(),
  };
}
