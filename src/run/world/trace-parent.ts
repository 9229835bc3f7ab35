/**
 * The trace of a run, for programs that send traces: the value of TRACEPARENT as W3C Trace Context
 * (https://www.w3.org/TR/trace-context/) defines it. process-control itself sends nothing.
 */

export const traceParentVariable = 'TRACEPARENT';

/**
 * A sub-job belongs to the trace of the run that started it, as a span of its own. Both ids are
 * made from ids of runs, so that a trace can be found from a history.
 *
 * `runPath` has the ids of the runs that led to this one, its own last; `sha256` returns hexadecimal.
 */
export function traceParentOf(runPath: string, sha256: (text: string) => string): string {
  const ids = runPath.split('/');
  const trace = sha256(ids[0] ?? '').slice(0, 32);
  const span = sha256(ids.at(-1) ?? '').slice(32, 48);
  return `00-${trace}-${span}-01`;
}
