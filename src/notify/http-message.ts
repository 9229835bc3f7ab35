/**
 * The HTTP request of a message: a JSON object to a webhook, a ping to a check as healthchecks'
 * protocol has it.
 */
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
 * A ping: `/start` when a run begins; at its end the address itself, `/EXIT-STATUS`, or `/fail` if the
 * job has no exit status; `/log` for news that does not change the state of the check. `runUuid` joins
 * start and end (https://healthchecks.io/docs/measuring_script_run_time/).
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

/** A check takes any exit status except 0 for a failure. */
function failed(exitCode: number): string {
  return exitCode > 0 && exitCode <= 255 ? `/${exitCode}` : '/fail';
}
