/**
 * Placeholders of services: three spellings, no other text is replaced, and unknown names are
 * reported at their place.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validateJobText } from '../../src/job/load.ts';
import { expand } from '../../src/job/placeholder.ts';
import { formatProblem } from '../../src/text/problem.ts';

const facts = { name: 'web', instance: 2, ports: { http: 31_005, 'my-port': 31_006 }, pidFile: '/run/web.pid' };

test('each spelling means the same', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['{{name}} %(name)s', 'web web'],
    ['{{instance}} {{mesos.instance}} %(instance_number)s', '2 2 2'],
    ['{{ports[http]}} {{thermos.ports[http]}} {{ports[my-port]}}', '31005 31005 31006'],
    ['%(pid_file)s {{pid_file}}', '/run/web.pid /run/web.pid'],
    ['{{instance}}{{instance}}', '22'],
  ];
  for (const [text, expanded] of rows) assert.equal(expand(text, facts), expanded, text);
});

test('similar texts are not replaced', () => {
  for (const text of ['date +%s', '{{.Names}}', '{instance}', '%(pid)d', '{{ name }}', '$name', '{{}}', '100%']) {
    assert.equal(expand(text, facts), text);
  }
});

function problems(more: string): readonly string[] {
  const text = `name: a\nservice: true\n${more}\n`;
  const result = validateJobText({ file: 'a.yaml', bytes: new TextEncoder().encode(text) }, {});
  return (result.ok ? result.warnings : result.problems).map(formatProblem);
}

test('an unknown name is an error at its place', () => {
  assert.deepEqual(problems('command: /bin/x --a {{nme}} --b %(port)s'), [
    'a.yaml:3:21: {{nme}} means nothing; known are name, instance, ports[NAME] and pid_file',
    'a.yaml:3:33: %(port)s means nothing; known are name, instance, ports[NAME] and pid_file',
  ]);
  assert.deepEqual(problems('command: /bin/x {{ports[http]}}'), ['a.yaml:3:17: {{ports[http]}} needs "ports"']);
  assert.deepEqual(problems('ports: [http]\ncommand: /bin/x {{ports[htp]}}'), [
    'a.yaml:4:17: {{ports[htp]}} must name one of the ports: http',
  ]);
  assert.deepEqual(problems('command: /bin/x\nenvironment:\n  A: "%(pid_file)s"'), [
    'a.yaml:5:7: %(pid_file)s needs a "pid_file"',
  ]);
});

test('a placeholder is no shell syntax, but real shell syntax beside it is', () => {
  assert.deepEqual(problems('ports: [a]\ncommand: /bin/x {{ports[a]}} %(name)s'), []);
  assert.match(problems('ports: [a]\ncommand: /bin/x {{ports[a]}} | cat')[0] ?? '', /without a shell/);
});

test('braces in a job that is no service stay', () => {
  const text = 'name: a\ncommand: /bin/echo {{instance}}\n';
  const result = validateJobText({ file: 'a.yaml', bytes: new TextEncoder().encode(text) }, {});
  assert.ok(result.ok);
  assert.deepEqual(result.value.commands[0]?.words, ['/bin/echo', '{{instance}}']);
});

test('keys of runs and of services do not mix, and defaults for the others are not inherited', () => {
  assert.deepEqual(problems('command: /bin/x\nschedule: "* * * * *"\ntimeout: 5\nkill_grace: 5s'), [
    'a.yaml:4:11: "schedule" is not for services; a service has no schedule, it runs always',
    'a.yaml:5:10: "timeout" is not for services; leave it out',
    'a.yaml:6:13: "kill_grace" is not for services; write "stop_timeout"',
  ]);
  const bytes = (text: string) => ({ file: 'a.yaml', bytes: new TextEncoder().encode(text) });
  const refused = validateJobText(bytes('name: a\ncommand: b\ninstances: 2\n'), {});
  assert.deepEqual(refused.ok ? [] : refused.problems.map(formatProblem), [
    'a.yaml:3:12: "instances" is for services only; add "service: true", or leave it out',
  ]);
  const defaults = { timeout: 60, kill_grace: '5s', restart_delay: 7, tags: ['x'] };
  const service = validateJobText(bytes('name: a\ncommand: b\nservice: true\n'), defaults);
  assert.ok(service.ok);
  assert.deepEqual(
    [service.value.timeoutSeconds, service.value.service?.respawn.delaySeconds, service.value.tags],
    [0, 7, ['x']],
  );
  const job = validateJobText(bytes('name: a\ncommand: b\n'), defaults);
  assert.ok(job.ok);
  assert.deepEqual([job.value.timeoutSeconds, job.value.service], [3600, undefined]);
});

test('keys of a service that contradict each other are problems', () => {
  const first = (more: string) => problems(`command: /bin/x\n${more}`)[0];
  assert.equal(
    problems('command: [/bin/x, /bin/y]')[0],
    'a.yaml:3:10: "command" of a service must be one command line, found 2',
  );
  assert.match(first('instances: 2\ncount: 3') ?? '', /mean the same/);
  assert.match(
    first('instances: 2\nports: {http: 8080}') ?? '',
    /2 instances can't all listen on port 8080; write auto/,
  );
  assert.match(first('instances: 2\npid_file: /run/a.pid') ?? '', /put \{\{instance\}\} in the name/);
  assert.equal(first('instances: 2\npid_file: /run/a.{{instance}}.pid'), undefined);
  assert.equal(first('instances: 2\npid_file: a.pid'), undefined);
});
