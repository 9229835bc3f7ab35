import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { hostOffset, zoneOffset } from '../../src/system/host-time.ts';
import { parseOffsetRule } from '../../src/system/posix-zone.ts';

const zones = [
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
  'Africa/Casablanca',
  'Etc/UTC',
];
const zoneinfo = '/usr/share/zoneinfo';
const noZoneinfo = existsSync(path.join(zoneinfo, 'Europe/Berlin')) ? false : 'needs tzdata';
const noCompiler = existsSync('/usr/sbin/zic') ? false : 'needs zic';

/** A moment every 11 days and some from 1950 to 2120, and the seconds around each change of the clocks in 2026. */
const moments = [
  ...Array.from({ length: 5600 }, (_, index) => Date.UTC(1950, 0, 1) / 1000 + index * 961_013),
  ...['2026-03-29T01:00:00Z', '2026-10-25T01:00:00Z', '2026-03-08T07:00:00Z', '2026-11-01T06:00:00Z']
    .map((text) => Date.parse(text) / 1000)
    .flatMap((at) => [at - 1, at, at + 1]),
];

/** What the C library makes of the same zone file. */
function offsetsOfDate(zoneFile: string): number[] {
  const lines = moments.map((at) => `@${at}\n`).join('');
  const { stdout } = spawnSync('date', ['-f', '-', '+%::z'], {
    input: lines,
    encoding: 'utf8',
    env: { TZ: `:${zoneFile}`, PATH: '/usr/bin:/bin' },
  });
  return stdout
    .trim()
    .split('\n')
    .map((text) => {
      const [hours = 0, minutes = 0, seconds = 0] = text.slice(1).split(':').map(Number);
      return (text.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60 + seconds);
    });
}

for (const zone of zones) {
  test(`the offset of ${zone} is the one of the C library, in every season of 170 years`, { skip: noZoneinfo }, () => {
    const file = path.join(zoneinfo, zone);
    const offsetAt = hostOffset(file);
    assert.deepEqual(moments.map(offsetAt), offsetsOfDate(file));
  });
}

test('a zone file that states only its rule for the future is read as the C library reads it', {
  skip: noCompiler,
}, () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'pc-zone-'));
  const source = [
    'Rule N 2007 max - Mar Sun>=8 2:00 1:00 D',
    'Rule N 2007 max - Nov Sun>=1 2:00 0 S',
    'Rule S 2008 max - Apr Sun>=1 2:00 0 S',
    'Rule S 2008 max - Oct Sun>=1 2:00 0:30 D',
    'Zone Test/North -5:00 N E%sT',
    'Zone Test/South 10:30 S L%sT',
    'Zone Test/Half -3:30 - XXX',
  ].join('\n');
  writeFileSync(path.join(directory, 'source'), `${source}\n`);
  spawnSync('/usr/sbin/zic', ['-b', 'slim', '-d', directory, path.join(directory, 'source')]);
  for (const zone of ['North', 'South', 'Half']) {
    const file = path.join(directory, 'Test', zone);
    assert.deepEqual(moments.map(hostOffset(file)), offsetsOfDate(file), zone);
  }
  rmSync(directory, { recursive: true });
});

const julyAndJanuary = [Date.UTC(2026, 6, 1), Date.UTC(2026, 0, 1)].map((ms) => ms / 1000);
const rules: readonly (readonly [string, readonly number[] | undefined])[] = [
  ['CET-1CEST,M3.5.0,M10.5.0/3', [7200, 3600]],
  ['<-03>3', [-10_800, -10_800]],
  ['IST-5:30', [19_800, 19_800]],
  ['EST5EDT,J60,J300/-1', [-14_400, -18_000]],
  ['NZST-12NZDT,273,92/3', [43_200, 46_800]],
  ['XXX-1YYY-3,M3.5.0,M10.5.0', [10_800, 3600]],
  ['', undefined],
  ['Europe/Berlin', undefined],
  ['CET-1CEST', undefined],
];
for (const [text, expected] of rules) {
  test(`the rule "${text}" ${expected === undefined ? 'is refused' : 'gives the offsets of July and January'}`, () => {
    const rule = parseOffsetRule(text);
    assert.deepEqual(rule && julyAndJanuary.map(rule), expected);
  });
}

test('a host without a readable zone file is on UTC', () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'pc-zone-'));
  const file = path.join(directory, 'localtime');
  assert.equal(hostOffset(file)(0), 0);
  const header = `TZif2${'\0'.repeat(39)}`;
  // Forty transitions that are not there, and a file that knows no type of local time.
  const truncated = `${header}${header.slice(0, 35)}\x28\0\0\0\x01\0\0\0\x04`;
  for (const bytes of ['', 'TZif', header, header + header, truncated, `TZif2${'\xff'.repeat(60)}`]) {
    writeFileSync(file, bytes, 'latin1');
    assert.equal(hostOffset(file)(1_800_000_000), 0, JSON.stringify(bytes));
  }
  rmSync(directory, { recursive: true });
});

test("a zone by its name is the machine's own, wherever it lies, and a name that is none is nobody's", {
  skip: noZoneinfo,
}, () => {
  for (const zone of [...zones, 'UTC', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5', 'America/Port-au-Prince'])
    assert.deepEqual(
      moments.map((moment) => zoneOffset(zone)?.(moment)),
      moments.map(hostOffset(path.join(zoneinfo, zone))),
      zone,
    );
  for (const name of [
    'Mars/Olympus',
    '',
    '../../../etc/localtime',
    '/etc/localtime',
    'Europe/',
    'Europe',
    'tzdata.zi',
    'a\0b',
  ])
    assert.equal(zoneOffset(name), undefined, name);
});
