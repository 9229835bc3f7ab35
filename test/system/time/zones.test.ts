import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { findZone, hostZone, zoneNames } from '../../../src/system/time/zones.ts';
import { parsePosixRule } from '../../../src/zone/posix-rule.ts';

const zones = [
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
  'Africa/Casablanca',
  'Etc/UTC',
  // Its daylight saving time is in winter and negative.
  'Europe/Dublin',
  'America/Nuuk',
];
const zoneinfo = '/usr/share/zoneinfo';
const noZoneinfo = existsSync(path.join(zoneinfo, 'Europe/Berlin')) ? false : 'needs tzdata';
const noCompiler = existsSync('/usr/sbin/zic') ? false : 'needs zic';

/**
 * A moment every 11 days and some from 1950 to 2120, and the seconds around each change of the
 * clocks in 2026.
 */
const moments = [
  ...Array.from({ length: 5600 }, (_, index) => Date.UTC(1950, 0, 1) / 1000 + index * 961_013),
  ...['2026-03-29T01:00:00Z', '2026-10-25T01:00:00Z', '2026-03-08T07:00:00Z', '2026-11-01T06:00:00Z']
    .map((text) => Date.parse(text) / 1000)
    .flatMap((at) => [at - 1, at, at + 1]),
];

/** Seconds east of Greenwich by a file of its own. */
function hostOffset(file: string): (atSeconds: number) => number {
  const zone = hostZone({ localtime: file, directory: zoneinfo });
  return (atSeconds) => zone.offsetAt(atSeconds * 1000) / 1000;
}

/**
 * The offset that the C library reads from the same zone file, from the time that it shows, without
 * leap seconds.
 */
function offsetsOfDate(zoneFile: string): number[] {
  const lines = moments.map((at) => `@${at}\n`).join('');
  const { stdout } = spawnSync('date', ['-f', '-', '+%Y-%m-%dT%H:%M:%SZ'], {
    input: lines,
    encoding: 'utf8',
    env: { TZ: `:${zoneFile}`, PATH: '/usr/bin:/bin' },
  });
  return stdout
    .trim()
    .split('\n')
    .map((text, index) => Date.parse(text) / 1000 - (moments[index] ?? 0));
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
  // Daylight saving time without end (RFC 8536, 3.3.1), and times before and after the day that is
  // named.
  ['EST5EDT,0/0,J365/25', [-14_400, -14_400]],
  ['<-02>2<-01>,M3.5.0/-1,M10.5.0/0', [-3600, -7200]],
  ['', undefined],
  ['Europe/Berlin', undefined],
  ['CET-1CEST', undefined],
];
for (const [text, expected] of rules) {
  test(`the rule "${text}" ${expected === undefined ? 'is refused' : 'gives the offsets of July and January'}`, () => {
    const rule = parsePosixRule(text);
    assert.deepEqual(rule && julyAndJanuary.map(rule.offsetAt), expected);
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

/**
 * Unusual zone files: leap seconds, the first version of the format, and rules that no country has.
 */
test('zone files of each version, with leap seconds and without, are read as the C library reads them', {
  skip: noCompiler,
}, () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'pc-zone-'));
  const source = [
    'Rule X 2000 2030 - Mar 10 2:00 1:00 D',
    'Rule X 2000 2030 - Aug 20 2:00 0 S',
    'Rule Y 2000 max - Mar lastSun -1:00 1:00 D',
    'Rule Y 2000 max - Oct lastSun 26:00 0 S',
    'Zone Test/Table 3:07 X T%sT',
    'Zone Test/Hours -2:00 Y T%sT',
  ].join('\n');
  writeFileSync(path.join(directory, 'source'), `${source}\n`);
  writeFileSync(
    path.join(directory, 'leaps'),
    'Leap\t2016\tDec\t31\t23:59:60\t+\tS\nLeap\t2012\tJun\t30\t23:59:60\t+\tS\n',
  );
  const make = (form: string, ...leaps: string[]) =>
    spawnSync('/usr/sbin/zic', [
      '-b',
      form,
      ...leaps,
      '-d',
      path.join(directory, form + leaps.length),
      `${directory}/source`,
    ]);
  make('slim');
  make('fat');
  make('fat', '-L', `${directory}/leaps`);
  make('slim', '-L', `${directory}/leaps`);
  const seen = new Set<number>();
  for (const form of ['slim0', 'fat0', 'fat2', 'slim2'])
    for (const zone of ['Table', 'Hours']) {
      const file = path.join(directory, form, 'Test', zone);
      const offsets = moments.map(hostOffset(file));
      assert.deepEqual(offsets, offsetsOfDate(file), `${form} ${zone}`);
      for (const offset of offsets) seen.add(offset);
    }
  assert.ok(seen.has(-7201), 'a leap second was taken off');
  rmSync(directory, { recursive: true });
});

/** [how /etc/localtime is made, its name, its offset in July] */
const hosts: readonly (readonly [string, (place: { localtime: string; directory: string }) => void, string, number])[] =
  [
    [
      'a link to a name',
      ({ localtime, directory }) => symlinkSync(`${directory}/Asia/Kolkata`, localtime),
      'Asia/Kolkata',
      19_800,
    ],
    [
      'a copy',
      ({ localtime, directory }) => copyFileSync(`${directory}/Asia/Kolkata`, localtime),
      'Asia/Kolkata',
      19_800,
    ],
    [
      'a link to a name that only this table has',
      ({ localtime, directory }) => symlinkSync(`${directory}/Mars/Olympus`, localtime),
      'Mars/Olympus',
      -18_000 + 3600,
    ],
    [
      'a copy of data that no name has',
      ({ localtime }) => writeFileSync(localtime, tzif('XXX-3')),
      'localtime',
      10_800,
    ],
    ['absent', () => undefined, 'UTC', 0],
    ['a dangling link', ({ localtime, directory }) => symlinkSync(`${directory}/Europe/Nowhere`, localtime), 'UTC', 0],
    ['no zone file', ({ localtime }) => writeFileSync(localtime, 'Europe/Berlin\n'), 'UTC', 0],
    ['a directory', ({ localtime }) => mkdirSync(localtime), 'UTC', 0],
    [
      'a link to the other view of the table',
      ({ localtime, directory }) => symlinkSync(`${directory}/posix/Asia/Kolkata`, localtime),
      'Asia/Kolkata',
      19_800,
    ],
  ];
for (const [title, make, name, offset] of hosts) {
  test(`the zone of a host whose localtime is ${title} is ${name}`, () => {
    const base = mkdtempSync(path.join(os.tmpdir(), 'pc-zone-'));
    const directory = path.join(base, 'zoneinfo');
    for (const area of ['Asia', 'Mars', 'posix/Asia']) mkdirSync(path.join(directory, area), { recursive: true });
    for (const kolkata of ['Asia/Kolkata', 'posix/Asia/Kolkata', 'Asia/Calcutta'])
      writeFileSync(path.join(directory, kolkata), tzif('IST-5:30'));
    writeFileSync(path.join(directory, 'Mars/Olympus'), tzif('EST5EDT,M3.2.0,M11.1.0'));
    writeFileSync(path.join(directory, 'zone1970.tab'), 'IN\t+2232+08822\tAsia/Kolkata\n');
    // An old value, which nothing may read.
    writeFileSync(path.join(base, 'timezone'), 'America/New_York\n');
    const places = { localtime: path.join(base, 'localtime'), directory };
    make(places);
    const zone = hostZone(places);
    assert.deepEqual(
      [path.basename(zone.name), zone.offsetAt(Date.UTC(2026, 6, 1)) / 1000],
      [path.basename(name), offset],
    );
    rmSync(base, { recursive: true });
  });
}

/** A zone file without a table. */
function tzif(rule: string): Buffer {
  const header = Buffer.alloc(44);
  header.write('TZif2');
  header.writeUInt32BE(1, 36);
  header.writeUInt32BE(4, 40);
  const block = Buffer.from([0, 0, 0, 0, 0, 0, 88, 88, 88, 0]);
  return Buffer.concat([header, block, header, block, Buffer.from(`\n${rule}\n`)]);
}

test("a program that runs for months follows its host's zone", () => {
  const base = mkdtempSync(path.join(os.tmpdir(), 'pc-zone-'));
  const places = { localtime: path.join(base, 'localtime'), directory: base };
  writeFileSync(places.localtime, tzif('XXX-3'));
  assert.equal(hostZone(places).offsetAt(0), 10_800_000);
  rmSync(places.localtime);
  writeFileSync(places.localtime, tzif('XXX-4:00'));
  assert.equal(hostZone(places).offsetAt(0), 14_400_000);
  rmSync(places.localtime);
  assert.equal(hostZone(places).offsetAt(0), 0);
  rmSync(base, { recursive: true });
});

test('a zone is found by the name of its file, spelled the same, and other views of the files are not zones', {
  skip: noZoneinfo,
}, () => {
  for (const zone of [...zones, 'UTC', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5', 'America/Port-au-Prince'])
    assert.deepEqual(
      moments.map((moment) => (findZone(zone)?.offsetAt(moment * 1000) ?? 0) / 1000),
      moments.map(hostOffset(path.join(zoneinfo, zone))),
      zone,
    );
  const none = [
    'Mars/Olympus',
    '',
    '../../../etc/localtime',
    '/etc/localtime',
    'Europe/',
    'Europe',
    'tzdata.zi',
    'a\0b',
  ];
  const views = ['posix/Europe/Berlin', 'right/Europe/Berlin', 'localtime', 'posixrules', 'Factory'];
  for (const name of [...none, ...views, 'europe/berlin', 'EUROPE/BERLIN', 'BST', 'IST', 'CST'])
    assert.equal(findZone(name), undefined, name);
});

test('all listed names are zones, and none is another view of the files', { skip: noZoneinfo }, () => {
  const names = zoneNames();
  assert.ok(names.length > 300 && names.includes('Europe/Berlin') && names.includes('Etc/GMT+5'));
  assert.deepEqual(
    names.filter((name) => findZone(name) === undefined),
    [],
  );
  assert.deepEqual(
    names.filter((name) => /^(?:posix|right)\/|^(?:localtime|posixrules|Factory)$/.test(name)),
    [],
  );
});

test('a host without tzdata knows UTC', () => {
  const nowhere = { directory: '/nonexistent' };
  assert.equal(findZone('UTC', nowhere)?.offsetAt(0), 0);
  assert.equal(findZone('Europe/Berlin', nowhere), undefined);
  assert.deepEqual(zoneNames(nowhere), []);
});
