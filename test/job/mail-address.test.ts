import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressList, oneAddress } from '../../src/job/mail-address.ts';

const one = new RegExp(oneAddress, 'u');
const list = new RegExp(addressList, 'u');

test('mail addresses are accepted, as by the Python process-control', () => {
  for (const text of [
    'ops@example.org',
    'root',
    'first.last+tag@mail.example.co.uk',
    "o'neill@example.org",
    'ops@localhost',
    'ops@[192.0.2.1]',
    'ops@[IPv6:2001:db8::1]',
    'ops@münchen.example',
    'почта@пример.рф',
    'Ops <ops@example.org>',
    'Fail Mail <jobs@example.org>',
    '"Ops, at night" <ops@example.org>',
    '<ops@example.org>',
    'Jörg Müller <root>',
  ]) {
    assert.match(text, one, text);
    assert.match(text, list, text);
  }
  for (const text of ['a@example.org, b@example.org', 'root,alice', 'A <a@example.org>, "B, C" <b@example.org> , root'])
    assert.match(text, list, text);
});

test('other texts are refused', () => {
  for (const text of [
    '',
    ' ',
    'ops@',
    '@example.org',
    'a b',
    'ops@@x',
    'ops@x@y',
    'ops@example..org',
    'ops@.example.org',
    'ops@example.org.',
    'ops@-x',
    'ops@exa mple.org',
    'ops @example.org',
    'Ops <ops@>',
    'Ops <a b>',
    'Ops ops@example.org',
    'Ops <ops@example.org',
    'a@example.org;b@example.org',
    'a@example.org,',
    ',a@example.org',
    'a@example.org,,b@example.org',
    'a@example.org b@example.org',
    '-oQ/tmp',
    'Ops <-oQ>',
    'a\r\nBcc: b',
    'mailto:ops@example.org',
  ])
    assert.doesNotMatch(text, list, text);
  assert.doesNotMatch('a@example.org, b@example.org', one);
});
