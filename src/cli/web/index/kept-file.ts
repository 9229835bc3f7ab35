/**
 * The index as bytes: a line with the version, the SHA-256 of the rest, and the rest: the length of a JSON text, that text with a row for each
 * history, and the marks of all of them. Bytes that are not exactly that are no index.
 */
import { createHash } from 'node:crypto';
import { count, decodeJson, list, optional, shape, text } from '../../../text/decode.ts';
import type { KnownHistory } from './known-history.ts';
import { bytesOfMark, Marks } from './marks.ts';

const version = Buffer.from('process-control-web history index 1\n');
const hashBytes = 32;
const headBytes = version.length + hashBytes;

interface Row {
  readonly slug: string;
  readonly inode: number;
  readonly size: number;
  readonly mtime: number;
  readonly others: string;
  readonly at?: number;
  readonly proof?: number;
  readonly firm: Part;
  readonly loose: Part;
}

interface Part {
  readonly count: number;
  readonly odd: readonly string[];
}

type Known = Iterable<readonly [slug: string, known: KnownHistory]>;

/** The parts of the file in their order; made in steps. */
export function* keptParts(known: Known): Generator<undefined, readonly Buffer[]> {
  const hash = createHash('sha256');
  const all = [...known];
  const rows = Buffer.from(JSON.stringify(all.map(([slug, one]) => rowOf(slug, one))));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(rows.length);
  const parts: Buffer[] = [length, rows];
  for (const part of parts) hash.update(part);
  for (const [, { firm, loose }] of all)
    for (const { bytes } of [firm, loose]) {
      hash.update(bytes);
      parts.push(bytes);
      yield;
    }
  return [version, hash.digest(), ...parts];
}

function rowOf(slug: string, { key, firm, loose, from }: KnownHistory) {
  const part = ({ count, oddIds }: Marks) => ({ count, odd: oddIds });
  const { inode, sizeBytes: size, mtimeMs: mtime, others } = key;
  return { slug, inode, size, mtime, others, ...from, firm: part(firm), loose: part(loose) };
}

const mtime = (value: unknown) => (typeof value === 'number' ? value : undefined);
const part = shape<Part>({ count, odd: list(text) });
const row = shape<Row>({
  ...{ slug: text, inode: count, size: count, mtime, others: text },
  ...{ at: optional(count), proof: optional(count), firm: part, loose: part },
});

/** `undefined` at any doubt. */
export function keptOf(bytes: Buffer): Known | undefined {
  const body = bytes.subarray(headBytes);
  if (body.length < 4 || !bytes.subarray(0, version.length).equals(version)) return undefined;
  if (!createHash('sha256').update(body).digest().equals(bytes.subarray(version.length, headBytes))) return undefined;
  const rowsEnd = 4 + body.readUInt32LE(0);
  const rows = decodeJson(body.toString('utf8', 4, rowsEnd), list(row));
  if (rows === undefined) return undefined;
  let at = rowsEnd;
  const take = ({ count, odd }: Part) => {
    const from = at;
    at += count * bytesOfMark;
    return new Marks(body.subarray(from, at), odd);
  };
  const known = rows.map(({ slug, inode, size, mtime, others, ...more }): readonly [string, KnownHistory] => {
    const { at: place, proof } = more;
    const key = { inode, sizeBytes: size, mtimeMs: mtime, others };
    const from = place === undefined || proof === undefined ? {} : { from: { at: place, proof } };
    return [slug, { key, firm: take(more.firm), loose: take(more.loose), ...from }];
  });
  return at === body.length ? known : undefined;
}
