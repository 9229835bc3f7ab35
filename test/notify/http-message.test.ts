import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pingMessage, webhookMessage } from '../../src/notify/http-message.ts';
import type { ChannelNews } from '../../src/notify/incident.ts';
import { type Payload, payloadOf } from '../../src/notify/payload.ts';
import type { RunReport } from '../../src/notify/report.ts';
import { noticeMessage } from '../../src/notify/text/notice.ts';
import type { Outcome } from '../../src/run/outcome/outcome.ts';
import { zoneNamed } from '../fakes/zones.ts';

const report: RunReport = {
  ...{ slug: 'backup', name: 'Backup', host: 'db1', outcome: 'failed with exit code 3', trigger: 'by the clock' },
  ...{ runId: 'r1', startedMs: 0, endedMs: 60_000, failuresInARow: 1, failingSinceMs: 60_000, lastSuccessMs: 1000 },
  ...{ remarks: ['log incomplete'], tail: 'dumping\nno space left\n', logPath: '/var/log/backup.log' },
};
const payload = (news: ChannelNews, outcome?: Outcome): Payload =>
  payloadOf(news, report, noticeMessage(news, report, zoneNamed('UTC')), outcome);
const exited = (code: number, accepted?: boolean): Outcome => ({
  kind: 'exited',
  code,
  ...(accepted !== undefined && { accepted }),
});

test('a check gets start, success, exit code and failure as its protocol has them', () => {
  const end = (status: 'success' | 'failure', outcome: Outcome) => payload({ is: 'end', status }, outcome);
  const rows: readonly [Payload, string][] = [
    [payload({ is: 'start' }), '/4f6e/start'],
    [end('success', exited(0)), '/4f6e'],
    [end('success', exited(3, true)), '/4f6e'],
    [end('failure', exited(3)), '/4f6e/3'],
    // The exit code 0 is no success of this job.
    [end('failure', exited(0, false)), '/4f6e/1'],
    [end('failure', { kind: 'timed-out', afterSeconds: 60 }), '/4f6e/124'],
    [payload({ is: 'failure', pauses: false }), '/4f6e/fail'],
    [payload({ is: 'failure', pauses: false }, exited(255)), '/4f6e/255'],
    [payload({ is: 'recovery', failures: 2, sinceMs: 0 }, exited(0)), '/4f6e'],
    [payload({ is: 'success' }, exited(0)), '/4f6e'],
    [payload({ is: 'warning', words: 'w' }, exited(0)), '/4f6e/log'],
    [payload({ is: 'skipped' }), '/4f6e/log'],
  ];
  for (const [each, path] of rows) {
    assert.equal(pingMessage('https://hc.example.org/4f6e', each, 'u-u').url, `https://hc.example.org${path}?rid=u-u`);
  }
});

test('the query of an address stays, and a slash at the end of its path is dropped', () => {
  const { url } = pingMessage('https://hc.example.org/key/backup/?create=1', payload({ is: 'start' }), 'u');
  assert.equal(url, 'https://hc.example.org/key/backup/start?create=1&rid=u');
});

test('a check gets the outcome, the remarks and the last lines of output', () => {
  const { body } = pingMessage('https://a/', payload({ is: 'end', status: 'failure' }, exited(3)), 'u');
  assert.equal(body, 'failed with exit code 3\nlog incomplete\ndumping\nno space left');
  assert.equal(pingMessage('https://a/', payload({ is: 'start' }), 'u').body, '');
});

test('a webhook gets one JSON object with words for people and facts for programs', () => {
  const { body, contentType } = webhookMessage('https://a/', payload({ is: 'failure', pauses: false }, exited(3)));
  assert.equal(contentType, 'application/json');
  const { text, body: words, ...facts } = JSON.parse(body);
  assert.equal(text, `${facts.subject}\n\n${words}`);
  assert.deepEqual(facts, {
    subject: 'FAILED: Backup (backup) failed with exit code 3 on db1',
    occasion: 'failure',
    job: 'backup',
    name: 'Backup',
    host: 'db1',
    run: 'r1',
    outcome: 'failed with exit code 3',
    exit_code: 3,
    started: '1970-01-01T00:00:00.000Z',
    ended: '1970-01-01T00:01:00.000Z',
    failures_in_a_row: 1,
    failing_since: '1970-01-01T00:01:00.000Z',
    last_success: '1970-01-01T00:00:01.000Z',
    paused: false,
    log: '/var/log/backup.log',
    remarks: ['log incomplete'],
    tail: 'dumping\nno space left',
  });
});
