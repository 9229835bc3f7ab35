/** The address at which job-scheduler answers with metrics. */
import { listenPattern } from '../../../config/web-schema.ts';

export interface MetricsPlace {
  readonly host: string;
  readonly port: number;
}

export interface OpenMetrics {
  readonly url: string;
  close(): void;
}

/** Reads PORT, :PORT or HOST:PORT; without a host only programs of this host can connect. */
export function metricsPlace(text: string): MetricsPlace | undefined {
  const whole = /^:?\d+$/.test(text) ? `127.0.0.1:${text.replace(':', '')}` : text;
  if (!new RegExp(listenPattern).test(whole)) return undefined;
  const at = whole.lastIndexOf(':');
  return { host: whole.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(whole.slice(at + 1)) };
}
