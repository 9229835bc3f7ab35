/** What cron-generate keeps of job files makes listings quick, and never says anything else than the files. */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { House, isRoot } from './house.ts';

/** The first jobs of a listing are always read. */
const count = 40;
const last = `job${count - 1}`;
const text = (slug: string, more = '') =>
  `name: Name of ${slug}\ncommand: /bin/true\nschedule: "5 4 * * *"\ntags: [night]\n${more}`;

describe('kept contents', { skip: isRoot ? false : 'needs root, who keeps them for others' }, () => {
  let house: House;

  before(async () => {
    house = new House({}, { config: 'default_job_config: {description: open sesame}' });
    for (let index = 10; index < count; index += 1) house.job(`job${index}`, text(`job${index}`));
    house.job('job98', text('job98', 'environment: {SECRET: sesame}\n'));
    chmodSync(house.path('jobs/job98.yaml'), 0o640);
    chownSync(house.path('jobs/job98.yaml'), 0, house.service.gid);
    house.job('job99', text('job99', 'max_task_failures: -1\n'));
    // A file that has just been changed could change again unnoticed, so it is not kept.
    await sleep(2100);
    await generate();
  });

  after(() => house.remove());

  async function generate(): Promise<void> {
    const { code, stderr } = await house.run('cron-generate', [], { as: 'root' });
    assert.equal(code, 0, stderr);
  }

  async function names(): Promise<Readonly<Record<string, string>>> {
    const { stdout, stderr } = await house.run('jobctl', ['status', '--json']);
    const lines = stdout.trimEnd().split('\n');
    assert.ok(lines.length > 30, stderr);
    return Object.fromEntries(lines.map((line) => JSON.parse(line)).map(({ slug, name }) => [slug, name]));
  }

  function rewrite(change: (text: string) => string): void {
    const kept = readFileSync(house.keptContents, 'utf8');
    const body = change(kept.slice(kept.indexOf('\n') + 1));
    writeFileSync(house.keptContents, `${crc32(body)}\n${body}`);
  }

  test('a listing takes a job from there as long as its file is the same', async () => {
    rewrite((kept) => kept.replaceAll('Name of', 'Kept name of'));
    const before = await names();
    assert.equal(before[last], `Kept name of ${last}`, 'the kept contents were used');
    assert.equal(before.job10, 'Name of job10', 'the first ones are read');
    assert.equal(before.job99, 'Name of job99', 'not every content can be kept');
    const file = house.path(`jobs/${last}.yaml`);
    const { atime, mtime } = statSync(file);
    // As long as before, and with its old times.
    writeFileSync(file, text(last).replace('Name', 'Fame'));
    utimesSync(file, atime, mtime);
    assert.equal((await names())[last], `Fame of ${last}`);
    renameSync(file, `${file}.moved`);
    assert.equal((await names())[last], undefined);
    renameSync(`${file}.moved`, file);
    chmodSync(file, 0o666);
    assert.equal((await names())[last], undefined, 'a file that everyone can write is not used');
    chmodSync(file, 0o644);
    assert.equal((await names())[last], `Fame of ${last}`);
  });

  test('nothing is kept that not everybody may read, for its mode or for that of a directory above', async () => {
    const kept = readFileSync(house.keptContents, 'utf8');
    assert.match(kept, /\njob20\t/);
    assert.doesNotMatch(kept, /SECRET|job98/);
    assert.equal(statSync(house.keptContents).mode & 0o7777, 0o644);
    for (const place of ['jobs', 'etc/process-control.yaml']) {
      const { mode } = statSync(house.path(place));
      chmodSync(house.path(place), mode & 0o770);
      chownSync(house.path(place), 0, house.service.gid);
      rmSync(house.keptContents);
      await generate();
      assert.doesNotMatch(readFileSync(house.keptContents, 'utf8'), /Name of|sesame/, place);
      chmodSync(house.path(place), mode);
    }
    rmSync(house.keptContents);
    await generate();
    assert.match(readFileSync(house.keptContents, 'utf8'), /\njob20\t/, 'what is gone is kept again');
  });

  test('a change of the defaults, and contents that another user may have written, count for nothing', async () => {
    const config = readFileSync(house.configFile, 'utf8');
    rewrite((kept) => kept.replaceAll('Name of', 'Kept name of'));
    assert.equal((await names()).job30, 'Kept name of job30');
    writeFileSync(house.configFile, config.replace('open sesame', 'another one'));
    assert.equal((await names()).job30, 'Name of job30');
    writeFileSync(house.configFile, config);
    chownSync(house.keptContents, house.service.uid, 0);
    assert.equal((await names()).job30, 'Name of job30');
    chownSync(house.keptContents, 0, 0);
    chmodSync(house.keptContents, 0o664);
    assert.equal((await names()).job30, 'Name of job30');
    chmodSync(house.keptContents, 0o644);
    assert.equal((await names()).job30, 'Kept name of job30');
    writeFileSync(house.keptContents, 'torn');
    assert.equal((await names()).job30, 'Name of job30');
  });
});
