/** The log of a run under way as a stream of events of the real program, which is killed meanwhile, left by its readers, and asked without an end. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { after, test } from 'node:test';
import { House, until } from '../house.ts';
import { get, listen, startPage, stop } from './running.ts';

const house = new House({});
after(() => house.remove());
const socket = house.path('run/web/view.sock');
const enough = house.path('etc/enough');

/** Prints numbered lines, some of which take two writes, until there is the file `enough`. */
const printer = `#!/usr/bin/perl
$| = 1;
for (my $n = 1; !-e '${enough}'; $n++) {
  print "line $n ";
  select(undef, undef, undef, 0.004);
  print "done\\n";
}
print "the last one";
`;

interface Heard {
  readonly lines: { readonly at: number; readonly text: string }[];
  id: string;
  events: string[];
}

/** Listens until the stream ends or breaks; `heard` grows. */
function hear(target: string, heard: Heard): Promise<number | undefined> {
  return new Promise((resolve) => {
    const headers = { Host: 'localhost', ...(heard.id !== '' && { 'Last-Event-ID': heard.id }) };
    const asked = request({ socketPath: socket, path: target, headers, agent: false }, (answer) => {
      let rest = '';
      answer.setEncoding('utf8').on('data', (text: string) => {
        const blocks = `${rest}${text}`.split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) takeEvent(block, heard);
      });
      answer.on('close', () => resolve(answer.statusCode));
      answer.on('error', () => undefined);
    });
    asked.on('error', () => resolve(undefined)).end();
  });
}

function takeEvent(block: string, heard: Heard): void {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
  heard.id = field('id') ?? heard.id;
  const event = field('event');
  if (event === 'lines') heard.lines.push(...JSON.parse(field('data') ?? '{}').lines);
  else if (event !== undefined) heard.events.push(event);
}

test('a reader of a log loses no line and gets none twice while the page is killed again and again', async () => {
  writeFileSync(house.path('etc/printer'), printer, { mode: 0o755 });
  house.job('long', `name: Long\ncommand: ${house.path('etc/printer')}\n`);
  let { child } = await startPage(house);
  const run = house.run('run-job', ['long']);
  let id = '';
  await until('the run', async () => {
    id = /"run":"([^"]+)"/.exec((await get(socket, '/api/v1/jobs/long/runs')).body)?.[1] ?? '';
    return id !== '';
  });
  const target = `/api/v1/jobs/long/runs/${id}/log/stream`;
  const heard: Heard = { lines: [], id: '', events: [] };
  for (const count of [5, 90]) {
    const broken = hear(heard.id === '' ? `${target}?from=0` : target, heard);
    await until('lines', () => heard.lines.length > count);
    await stop(child, 'SIGKILL');
    await broken;
    ({ child } = await startPage(house));
  }
  const whole = hear(target, heard);
  const more = heard.lines.length;
  await until('the rest', () => heard.lines.length > more);
  writeFileSync(enough, '');
  await run;
  assert.equal(await whole, 200);
  assert.deepEqual(heard.events, ['end']);
  const [name = ''] = house.logs('long');
  const log = readFileSync(house.path(`log/long/${name}`), 'utf8');
  assert.equal(heard.lines.map(({ text }) => `${text}\n`).join(''), log);
  assert.match(log, /line 90 done/);
  for (const { at, text } of heard.lines.slice(0, 20))
    assert.equal(Buffer.from(log).toString('utf8', at, at + Buffer.byteLength(text)), text);
  // A browser that asks once more is told to stop.
  assert.equal(await hear(target, heard), 204);
  await stop(child);
});

test('readers who leave, and those who ask for the head alone, take no place from others', async () => {
  const { child } = await startPage(house);
  const [{ run }] = JSON.parse((await get(socket, '/api/v1/jobs/long/runs')).body).items;
  const targets = [`/jobs/long/runs/${run}/log/stream?from=0`, '/api/v1/changes'];
  const head = (target: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const options = {
        socketPath: socket,
        path: target,
        method: 'HEAD',
        headers: { Host: 'localhost' },
        agent: false,
      };
      request(options, (answer) => answer.resume().on('end', () => resolve(answer.statusCode)))
        .on('error', reject)
        .end();
    });
  // More than there are places.
  for (let count = 0; count < 3; count += 1) {
    const heads = await Promise.all(Array.from({ length: 24 }, (_, index) => head(targets[index % 2] ?? '')));
    assert.deepEqual(new Set(heads), new Set([200]));
  }
  for (let count = 0; count < 17; count += 1) {
    const heard = listen(socket, targets[0]);
    await until('the end', () => heard.text.includes('event: end') && heard.closed);
  }
  const view = listen(socket, targets[0]);
  await until('the lines', () => /"pieces":\[\{"text":"line 1 done","className":""\}\]/.test(view.text));
  const changes = listen(socket, targets[1]);
  await until('the feed', () => changes.text.includes('retry'));
  for (const [target, status] of [
    [`/api/v1/jobs/long/runs/${run}/log/stream?from=x`, 400],
    [`/api/v1/jobs/long/runs/${run}/log/stream?stream=secret`, 400],
    ['/api/v1/jobs/long/runs/none/log/stream', 404],
    [`/jobs/none/runs/${run}/log/stream`, 404],
    ['/services/long/0/log/stream', 404],
  ] as const)
    assert.equal((await get(socket, target)).status, status, target);
  assert.equal(await stop(child), 0);
  assert.deepEqual(
    readdirSync(house.path('run/web')).filter((name) => name.endsWith('.sock')),
    [],
  );
});
