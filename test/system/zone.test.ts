import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { hostZone } from '../../src/system/zone.ts';

test('the zone of the host is what /etc/localtime links to, else what /etc/timezone names, else UTC', () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'pc-zone-'));
  const [link, file, none] = ['localtime', 'timezone', 'none'].map((name) => path.join(directory, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(file, 'America/New_York\n');
  symlinkSync('/usr/share/zoneinfo/Europe/Berlin', link);
  assert.equal(hostZone(link, file), 'Europe/Berlin');
  assert.equal(hostZone(none, file), 'America/New_York');
  writeFileSync(file, 'Nowhere/Land\n');
  assert.equal(hostZone(none, file), 'UTC');
  assert.equal(hostZone(none, none), 'UTC');
  rmSync(directory, { recursive: true });
});
