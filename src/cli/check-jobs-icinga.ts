/** check-jobs-icinga: a monitoring plugin that says which jobs fail. */
import { checkJobs } from '../report/icinga.ts';
import { parseCommandLine } from './options.ts';
import { print, runProgram } from './parts/output.ts';
import { loadSetting } from './parts/setting.ts';
import { openJobs } from './parts/snapshots.ts';

const program = 'check-jobs-icinga';

/** Monitoring plugins guidelines: what the plugin itself could not find out. */
const unknown = 3;

export function main(args: readonly string[]): void {
  runProgram(program, args, () => {
    try {
      return check(args);
    } catch (error) {
      return answerUnknown((error as Error).message);
    }
  });
}

function parse(args: readonly string[]) {
  return parseCommandLine(program, args, (options) =>
    options
      .usage('Usage: $0 [-j GLOB]')
      .option('jobs', {
        alias: 'j',
        type: 'string',
        requiresArg: true,
        describe: 'Only jobs whose name matches, * and ? stand for anything.',
      })
      .option('config', { type: 'string', requiresArg: true, describe: 'Another configuration file.' })
      .option('debug', { type: 'boolean', describe: 'Show where an internal error came from.' }),
  );
}

function check(args: readonly string[]): number {
  const line = parse(args);
  if (line.is === 'answered') {
    print(line.text);
    return line.exitCode === 0 ? 0 : unknown;
  }
  const setting = loadSetting(line.options.config);
  if (!setting.ok) return answerUnknown(setting.problems[0]?.message ?? 'the configuration can not be read');
  const opened = openJobs(setting.value);
  if (!opened.ok) return answerUnknown(opened.problem.message);
  const { jobs } = opened;
  const wanted = globPattern(line.options.jobs ?? '*');
  const answer = checkJobs(jobs.slugs.filter((slug) => wanted.test(slug)).flatMap((slug) => jobs.snapshot(slug) ?? []));
  print(answer.text);
  return answer.code;
}

function answerUnknown(reason: string): number {
  print(`JOBS UNKNOWN: ${reason.replaceAll('|', '/')}\n`);
  return unknown;
}

/** Names of jobs have no characters that a pattern could mean but these two. */
function globPattern(glob: string): RegExp {
  const escaped = glob.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}
