/** What is sent over HTTP for a message: a JSON object to a webhook, and to a check what healthchecks' pinging protocol asks for. */
import type { Payload } from './payload.ts';

export interface HttpMessage {
  readonly url: string;
  readonly contentType: string;
  readonly body: string;
}

export function webhookMessage(url: string, payload: Payload): HttpMessage {
  return { url, contentType: 'application/json', body: JSON.stringify(payload) };
}

/**
 * `/start` when a run begins; at its end the address itself, `/EXIT-STATUS` or, where there is no status of the job's own, `/fail`; what
 * changes nothing is a `/log`. `runUuid` joins start and end (healthchecks.io/docs/measuring_script_run_time).
 */
export function pingMessage(url: string, payload: Payload, runUuid: string): HttpMessage {
  const address = new URL(url);
  address.pathname = `${address.pathname.replace(/\/$/, '')}${suffix(payload)}`;
  address.searchParams.set('rid', runUuid);
  const body = payload.occasion === 'start' ? '' : [payload.outcome, ...payload.remarks, payload.tail].join('\n');
  return { url: address.href, contentType: 'text/plain; charset=utf-8', body };
}

function suffix({ occasion, status, exit_code = 0 }: Payload): string {
  switch (occasion) {
    case 'start':
      return '/start';
    case 'success':
    case 'recovery':
      return '';
    case 'failure':
      return failed(exit_code);
    case 'end':
      return status === 'success' ? '' : failed(exit_code);
    case 'skipped':
    case 'warning':
      return '/log';
    default:
      return occasion satisfies never;
  }
}

/** A check takes any status but 0 for a failure. */
function failed(exitCode: number): string {
  return exitCode > 0 && exitCode <= 255 ? `/${exitCode}` : '/fail';
}
