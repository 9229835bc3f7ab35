/** run-job: one run of one job. */
import process from 'node:process';

export function main(args: readonly string[]): void {
  process.stdout.write(`${args.join(' ')}\n`);
}
