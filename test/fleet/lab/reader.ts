/**
 * reader PREFIX ENDPOINT…: prints the keys below a prefix each second, as one line of JSON. It is
 * started in the network of the lab, which the test itself is not in.
 */
import process from 'node:process';
import { etcd } from '../../../src/system/state/etcd/etcd.ts';

const [prefix = '', ...endpoints] = process.argv.slice(2);
const engine = etcd({ endpoints });
for (;;) {
  const read = await engine.read([{ prefix }], { patienceMs: 5000 });
  if (read.is === 'read')
    process.stdout.write(`${JSON.stringify(read.entries.map(({ key, value }) => [key, value]))}\n`);
  await new Promise((resolve) => setTimeout(resolve, 1000));
}
