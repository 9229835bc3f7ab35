import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { traceParentOf } from '../../../src/run/world/trace-parent.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

test('a run has a trace of its own, and a sub-job is another span of it', () => {
  const run = traceParentOf('20261129-000005-4147f7f4', sha256);
  const subJob = traceParentOf('20261129-000005-4147f7f4/20261129-000006-11112222', sha256);
  const other = traceParentOf('20261129-000007-33334444', sha256);
  // https://www.w3.org/TR/trace-context/#traceparent-header-field-values
  for (const value of [run, subJob, other]) assert.match(value, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  const [, trace, span] = run.split('-');
  const [, subTrace, subSpan] = subJob.split('-');
  assert.equal(trace, sha256('20261129-000005-4147f7f4').slice(0, 32));
  assert.equal(subTrace, trace);
  assert.notEqual(subSpan, span);
  assert.notEqual(other.split('-')[1], trace);
});
