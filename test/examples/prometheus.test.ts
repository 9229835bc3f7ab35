/** The alert rules and the dashboard, tried by the real promtool, Prometheus and node_exporter. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { repository, until } from '../cli/house.ts';
import { ServiceHouse } from '../cli/serving.ts';
import { dashboardQueries, examples, lacks, query, type Rule, rulesFile, Server, shippedRules } from './monitoring.ts';

const rules = shippedRules();

test('every rule says in one line what is wrong and where, what to type, and where to read on', () => {
  const installed = 'file:///usr/share/doc/process-control/';
  for (const { alert, annotations, labels } of rules) {
    const { summary = '', action = '', runbook_url: runbook = '' } = annotations;
    assert.match(summary, /^[^\n]*\{\{ \$labels\.instance \}\}[^\n]*$/, alert);
    assert.match(action, /^(?:jobctl|cron-generate) /, alert);
    assert.match(labels.severity ?? '', /^(?:info|warning|critical)$/, alert);
    assert.ok(runbook.startsWith(installed), alert);
    const [page = '', anchor] = runbook.slice(installed.length).split('#');
    const headings = readFileSync(path.join(repository, page), 'utf8').match(/^#+ .*$/gm) ?? [];
    const anchors = headings.map((heading) => heading.replace(/^#+ /, '').toLowerCase());
    assert.ok(anchors.includes(anchor ?? ''), `${page} has no heading for ${alert}`);
  }
});

/** The ways to break a rule; each yields the rule with one change. */
function* broken(rule: Rule): Generator<readonly [what: string, rule: Rule]> {
  const { expr } = rule;
  yield ['another severity', { ...rule, labels: { severity: 'other' } }];
  for (const key of Object.keys(rule.annotations))
    yield [`another ${key}`, { ...rule, annotations: { ...rule.annotations, [key]: 'other' } }];
  if (rule.for !== undefined) {
    const { for: _, ...without } = rule;
    yield ['no for', without];
    yield ['a longer for', { ...rule, for: `${2 * Number.parseInt(rule.for, 10)}m` }];
  }
  const opposite: Readonly<Record<string, string>> = { '>': '<', '<': '>', '>=': '<', '==': '!=' };
  for (const { 0: operator, index } of expr.matchAll(/(?<= )(?:>=|==|>|<)(?= )/g))
    yield [`${opposite[operator]} at ${index}`, { ...rule, expr: spliced(expr, index, operator, opposite[operator]) }];
  // Numbers that are the span of a range are left alone, and so is 0.
  for (const { 0: number, index } of expr.matchAll(/(?<=[ (])[1-9]\d*(?=[ )]|$)/g))
    for (const other of ['0', String(2 * Number(number))])
      yield [`${other} for ${number}`, { ...rule, expr: spliced(expr, index, number, other) }];
}

function spliced(text: string, at: number, old: string, other = ''): string {
  return text.slice(0, at) + other + text.slice(at + old.length);
}

interface RuleTests {
  readonly rule_files: readonly string[];
  readonly tests: readonly { readonly alert_rule_test: readonly { readonly alertname: string }[] }[];
}

describe('promtool', { skip: lacks('promtool') }, () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'rules-'));
  const testsFile = path.join(examples, 'process-control.rules-test.yaml');
  const shipped = parse(readFileSync(testsFile, 'utf8')) as RuleTests;
  after(() => rmSync(directory, { recursive: true }));
  const promtool = (...args: readonly string[]) => spawnSync('promtool', args, { encoding: 'utf8' });

  /** Runs what the shipped tests ask of one alert, with other rules. */
  const tried = (alert: string, changed: readonly Rule[]) => {
    const [rulesCopy = ''] = shipped.rule_files;
    writeFileSync(
      path.join(directory, rulesCopy),
      stringify({ groups: [{ name: 'process-control', rules: changed }] }),
    );
    const asked = shipped.tests.flatMap((group) => {
      const alert_rule_test = group.alert_rule_test.filter(({ alertname }) => alertname === alert);
      return alert_rule_test.length === 0 ? [] : [{ ...group, alert_rule_test }];
    });
    const file = path.join(directory, 'tests.yaml');
    writeFileSync(file, stringify({ ...shipped, tests: asked }, { aliasDuplicateObjects: false }));
    return promtool('test', 'rules', file);
  };

  test('accepts the rules, and their tests pass', () => {
    const checked = promtool('check', 'rules', rulesFile);
    assert.equal(checked.status, 0, checked.stdout + checked.stderr);
    assert.match(checked.stdout, new RegExp(`SUCCESS: ${rules.length} rules found`));
    const ran = promtool('test', 'rules', testsFile);
    assert.equal(ran.status, 0, ran.stdout + ran.stderr);
  });

  for (const rule of rules)
    test(`the tests of the rules notice each way to break ${rule.alert}`, () => {
      const mutants = [...broken(rule)];
      assert.ok(mutants.length >= 5);
      const whole = tried(rule.alert, [rule]);
      assert.equal(whole.status, 0, whole.stdout + whole.stderr);
      for (const [what, mutant] of mutants) {
        const { status, stdout, stderr } = tried(rule.alert, [mutant]);
        assert.ok(status !== 0 && stderr.includes('FAILED'), `${what}: ${mutant.expr}\n${stdout}${stderr}`);
      }
    });
});

const jobs = {
  good: 'name: G\ncommand: "true"\nschedule: "0 * * * *"\ntags: [night]\n',
  fails: 'name: F\ncommand: sh -c "exit 3"\nschedule: "0 * * * *"\n',
  broken: 'name: B\ncomand: x\n',
  held: 'name: H\ncommand: "true"\nschedule: "0 * * * *"\n',
  web: 'name: W\nservice: true\ninstances: 2\ncommand: SERVES\nstop_timeout: 1\n',
};

describe('a Prometheus that reads what jobctl metrics --output wrote', {
  skip: lacks('prometheus', 'prometheus-node-exporter'),
}, () => {
  let house: ServiceHouse;
  let exporter: Server | undefined;
  let prometheus: Server | undefined;
  let address = '';
  const scrape = (expr: string) => query(address, expr);

  before(async () => {
    house = new ServiceHouse(jobs);
    for (const name of ['good', 'fails', 'fails']) await house.run('run-job', [name]);
    await house.run('jobctl', ['pause', 'held', '--reason', 'x']);
    await house.run('jobctl', ['start', 'web']);
    await house.until('web', 'both instances', ({ state }) => state === 'UP');
    const textfiles = house.path('textfiles');
    mkdirSync(textfiles);
    symlinkSync(house.path('state/metrics.prom'), path.join(textfiles, 'process-control.prom'));
    await write();
    const only = ['--collector.disable-defaults', '--collector.textfile'];
    exporter = new Server('prometheus-node-exporter', [...only, `--collector.textfile.directory=${textfiles}`]);
    const target = await until('node_exporter', () => exporter?.address());
    const configuration = {
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [rulesFile],
      scrape_configs: [{ job_name: 'node', static_configs: [{ targets: [target] }] }],
    };
    writeFileSync(house.path('prometheus.yml'), stringify(configuration));
    prometheus = new Server('prometheus', [
      `--config.file=${house.path('prometheus.yml')}`,
      `--storage.tsdb.path=${house.path('tsdb')}`,
    ]);
    address = await until('Prometheus', () => prometheus?.address());
    // increase() needs two samples.
    await until('two scrapes', async () => {
      const [samples] = await scrape('min(count_over_time(processcontrol_build_info[1h]))');
      return Number(samples?.value[1] ?? 0) >= 2;
    });
  });
  after(async () => {
    await prometheus?.end();
    await exporter?.end();
    await house.end();
  });

  async function write(): Promise<void> {
    const { code, stderr } = await house.run('jobctl', ['metrics', '--output', house.path('state/metrics.prom')]);
    assert.deepEqual([code, stderr], [0, '']);
  }

  test('node_exporter follows its link to the file', async () => {
    assert.equal((await scrape('node_textfile_scrape_error'))[0]?.value[1], '0');
    const [files] = await scrape('count(processcontrol_job_info)');
    assert.equal(files?.value[1], '4', 'every job but the one whose file has problems');
  });

  test('no query of the dashboard or of a rule is refused, and each panel shows something', async () => {
    const empty: string[] = [];
    for (const { title, expr } of dashboardQueries()) if ((await scrape(expr)).length === 0) empty.push(title);
    // Nothing is overdue here, and a job that has never succeeded has no last success.
    assert.deepEqual(empty, ['Needs attention B', 'Needs attention C']);
    for (const { expr } of rules) await scrape(expr);
    const [failing] = await scrape(dashboardQueries().find(({ title }) => title === 'Needs attention A')?.expr ?? '');
    assert.deepEqual([failing?.metric.job_name, failing?.value[1]], ['fails', '2'], 'a job without tags is there');
    await assert.rejects(scrape('processcontrol_nothing{'), /parse error/);
  });

  test('alerts fire, and a change reaches Prometheus through the link', async () => {
    const firing = async () =>
      (await scrape('ALERTS{alertstate="firing"}')).map(({ metric: { alertname, job_name } }) => [alertname, job_name]);
    await until('the alert', async () => (await firing()).length > 0);
    assert.deepEqual(await firing(), [['JobFailing', 'fails']]);
    await until('the pending alert', async () => {
      const pending = await scrape('ALERTS{alertstate="pending",alertname="JobFileInvalid"}');
      return pending.length === 1;
    });
    house.job('fails', 'name: F\ncommand: "true"\nschedule: "0 * * * *"\n');
    await house.run('run-job', ['fails']);
    await write();
    await until('the end of the alert', async () => (await firing()).length === 0);
    assert.ok(existsSync(house.path('textfiles/process-control.prom')));
  });
});
