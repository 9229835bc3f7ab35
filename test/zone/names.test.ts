import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findZone, zoneNames } from '../../src/system/time/zones.ts';
import { judgeZone } from '../../src/zone/names.ts';

const machine = { has: (name: string) => findZone(name) !== undefined, names: zoneNames };

/** [name, message behind the key, empty if there is no problem] */
const rows: readonly (readonly [string, string])[] = [
  ['Europe/Berlin', ''],
  ['UTC', ''],
  ['America/Argentina/Buenos_Aires', ''],
  ['europe/berlin', 'names no time zone: "europe/berlin"; it is spelled "Europe/Berlin"'],
  ['EUROPE/LONDON', 'names no time zone: "EUROPE/LONDON"; it is spelled "Europe/London"'],
  ['utc', 'names no time zone: "utc"; it is spelled "UTC"'],
  [
    'BST',
    'names no time zone: "BST", and an abbreviation does not say which country is meant; write "Europe/London" or "Asia/Dhaka"',
  ],
  [
    'CST',
    'names no time zone: "CST", and an abbreviation does not say which country is meant; write "America/Chicago" or "Asia/Shanghai" or "America/Havana"',
  ],
  [
    'IST',
    'names no time zone: "IST", and an abbreviation does not say which country is meant; write "Asia/Kolkata" or "Europe/Dublin" or "Asia/Jerusalem"',
  ],
  [
    'ist',
    'names no time zone: "ist", and an abbreviation does not say which country is meant; write "Asia/Kolkata" or "Europe/Dublin" or "Asia/Jerusalem"',
  ],
  [
    'PST',
    'names no time zone: "PST", and an abbreviation does not say which country is meant; write "America/Los_Angeles" or "Asia/Manila"',
  ],
  ['Asia/Mumbai', 'names no time zone: "Asia/Mumbai"; did you mean "Asia/Kolkata"?'],
  ['Beijing', 'names no time zone: "Beijing"; did you mean "Asia/Shanghai"?'],
  ['America/San_Francisco', 'names no time zone: "America/San_Francisco"; did you mean "America/Los_Angeles"?'],
  ['Europe/München', 'names no time zone: "Europe/München"; did you mean "Europe/Berlin"?'],
  ['Berlin', 'names no time zone: "Berlin"; did you mean "Europe/Berlin"?'],
  ['America/NewYork', 'names no time zone: "America/NewYork"; did you mean "America/New_York"?'],
  ['Europe/Berln', 'names no time zone: "Europe/Berln"; did you mean "Europe/Berlin"?'],
  ['UTC+2', 'names no time zone: "UTC+2"; did you mean "Etc/GMT-2"?'],
  ['GMT-05:00', 'names no time zone: "GMT-05:00"; did you mean "Etc/GMT+5"?'],
  ['+02:00', 'names no time zone: "+02:00"; did you mean "Etc/GMT-2"?'],
  ['+05:30', 'names no time zone: "+05:30"; it takes names such as Europe/Berlin'],
  [
    'posix/Europe/Berlin',
    'names no time zone: "posix/Europe/Berlin", it is another view of the table; write "Europe/Berlin"',
  ],
  [
    'right/Europe/Berlin',
    'names no time zone: "right/Europe/Berlin", it counts leap seconds, which this host\'s clock does not; write "Europe/Berlin"',
  ],
  ['localtime', 'names no time zone: "localtime"; for the zone of the host leave the key out'],
  ['Factory', 'names no time zone: "Factory"; for the zone of the host leave the key out'],
  ['Mars/Olympus', 'names no time zone: "Mars/Olympus"; it takes names such as Europe/Berlin'],
  ['Etc/GMT+5', '"Etc/GMT+5" is 5 h behind UTC, not ahead of it: the signs of these names are reversed'],
  ['Etc/GMT-14', '"Etc/GMT-14" is 14 h ahead of UTC, not behind it: the signs of these names are reversed'],
  ['Etc/GMT+0', ''],
  [
    'EST',
    '"EST" has no daylight saving time, all year; for the time of a place write its name, such as "America/New_York"',
  ],
  [
    'MST',
    '"MST" has no daylight saving time, all year; for the time of a place write its name, such as "America/Denver"',
  ],
  ['HST', '"HST" is one fixed offset without a place; write "Pacific/Honolulu"'],
];
for (const [name, expected] of rows)
  test(`time_zone: ${name}${expected === '' ? ' is sound' : ''}`, () => {
    assert.equal(judgeZone(name, machine)?.message ?? '', expected);
    assert.equal(
      judgeZone(name, machine)?.severity ?? '',
      expected === '' ? '' : expected.startsWith('names') ? 'error' : 'warning',
    );
  });

test('every suggestion is a zone of this host', () => {
  // The tables of Debian 13 without tzdata-legacy, and of an old machine.
  const legacy = /^(?:US|Canada|Brazil|Chile|Mexico)\/|^(?:Asia\/Calcutta|GB|PRC|Europe\/Kiev)$/;
  const trixie = zoneNames().filter((name) => !legacy.test(name));
  const old = zoneNames().filter((name) => name !== 'Europe/Kyiv');
  for (const names of [trixie, old, ['UTC', 'Europe/London']]) {
    const table = { has: (name: string) => names.includes(name), names: () => names };
    for (const name of [
      'US/Eastern',
      'GB',
      'Asia/Calcutta',
      'Europe/Kiev',
      'Europe/Kyiv',
      'BST',
      'CST',
      'Mumbai',
      'Kiev',
    ]) {
      const { message = '' } = judgeZone(name, table) ?? {};
      const [, ...suggested] = message.match(/"[^"]+"/g) ?? [];
      for (const one of suggested) assert.ok(names.includes(one.slice(1, -1)), `${name}: ${message}`);
    }
  }
  const table = { has: (name: string) => trixie.includes(name), names: () => trixie };
  assert.match(judgeZone('US/Eastern', table)?.message ?? '', /"America\/New_York"/);
});

test('without tzdata the message names the package', () => {
  const bare = { has: (name: string) => name === 'UTC', names: () => [] };
  assert.equal(judgeZone('UTC', bare), undefined);
  assert.equal(
    judgeZone('Europe/Berlin', bare)?.message,
    'can\'t be "Europe/Berlin": this host has no time zone data, so it knows UTC only; install the package tzdata',
  );
});
