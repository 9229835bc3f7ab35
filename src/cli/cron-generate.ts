/** cron-generate: the job files become /etc/cron.d/process-control. */
import { generate, type Wish } from './crontab/generate.ts';
import { tellEnding } from './crontab/generate-ending.ts';
import { printAnswer, runProgram } from './frame/output.ts';

const program = 'cron-generate';

export function main(args: readonly string[]): void {
  runProgram(program, args, () => (args.length === 0 ? generateOnly() : withOptions(args)));
}

const nothingSpecial: Wish = {
  check: false,
  diff: false,
  plan: false,
  detailedExitcode: false,
  json: false,
  adopt: false,
};

/** As it is called all day, without what reads arguments and shows differences. */
function generateOnly(): number {
  return tellEnding(generate(nothingSpecial), nothingSpecial);
}

async function withOptions(args: readonly string[]): Promise<number> {
  const { readWish } = await import('./on-demand/cron-generate-options.ts');
  const line = readWish(program, args);
  if (line.is === 'validate') return (await import('./on-demand/validate-files.ts')).validateFiles(line.files, line);
  if (line.is === 'generate') {
    const { shows } = await import('./on-demand/cron-generate-views.ts');
    return tellEnding(generate(line.wish, shows), line.wish);
  }
  return printAnswer(line);
}
