/** cron-generate: the job files become /etc/cron.d/process-control. */
import { type GenerateOptions, generate } from './crontab/generate.ts';
import { printEnding } from './crontab/generate-ending.ts';
import { printAnswer, runProgram } from './frame/output.ts';

const program = 'cron-generate';

export function main(args: readonly string[]): void {
  runProgram(program, args, () => (args.length === 0 ? generateOnly() : withOptions(args)));
}

const noOptions: GenerateOptions = {
  check: false,
  diff: false,
  plan: false,
  detailedExitcode: false,
  json: false,
  adopt: false,
};

/**
 * Runs without options, as configuration management does all day, and so loads no option parser and
 * no diff.
 */
function generateOnly(): number {
  return printEnding(generate(noOptions), noOptions);
}

async function withOptions(args: readonly string[]): Promise<number> {
  const { readOptions } = await import('./on-demand/cron-generate-options.ts');
  const line = readOptions(program, args);
  if (line.is === 'validate') return (await import('./on-demand/validate-files.ts')).validateFiles(line.files, line);
  if (line.is === 'export') {
    const { exportKubernetes, exportSystemd } = await import('./on-demand/export.ts');
    return line.target === 'systemd' ? exportSystemd(line) : exportKubernetes(line);
  }
  if (line.is === 'generate') {
    const { shows } = await import('./on-demand/cron-generate-views.ts');
    return printEnding(generate(line.options, shows), line.options);
  }
  return printAnswer(line);
}
