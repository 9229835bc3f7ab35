/** Judges the HTTP response to a probe by `expected_code` and `expected_response`. */
import type { Probe } from '../../job/service.ts';
import type { ProbeAnswer } from '../../system/types/service.ts';

export function judgeResponse(
  { code, body, location }: { readonly code: number; readonly body: string; readonly location?: string },
  { expectedCode, expectedResponse }: Extract<Probe, { by: 'http' }>,
): ProbeAnswer {
  const led = location === undefined ? '' : ` to ${location}`;
  const isCodeRight = expectedCode === 0 ? code < 400 : code === expectedCode;
  if (!isCodeRight) {
    const expected = expectedCode === 0 ? '' : `, expected ${expectedCode}`;
    return { is: 'failure', reason: `HTTP code ${code}${led}${expected}` };
  }
  const said = body.trim().toLowerCase();
  if (expectedResponse === '' || said === expectedResponse) return { is: 'success' };
  const words = said === '' ? '' : ` with ${JSON.stringify(said.slice(0, 40))}`;
  return {
    is: 'failure',
    reason: `answered ${code}${led}${words}, expected ${JSON.stringify(expectedResponse)}`,
  };
}
