/** What no schema can say about a job: doubts that a reviewer would have, as warnings. */
import type { Path } from '../yaml/place.ts';
import type { JobDefaults } from './schema.ts';

export interface Doubt {
  readonly path: Path;
  readonly message: string;
}

export interface AuditedCommand {
  readonly path: Path;
  readonly program: string;
  readonly shellSyntax: readonly string[];
}

export function auditJob(job: JobDefaults, commands: readonly AuditedCommand[]): readonly Doubt[] {
  return [...commands.flatMap(auditCommand), ...auditMail(job), ...auditTags(job)];
}

function auditCommand({ path, program, shellSyntax }: AuditedCommand): readonly Doubt[] {
  // A shell gets the text to expand as its argument: `sh -c "echo $HOME"` does what it says.
  const isShell = /(?:^|\/)(?:ba|da|k|z)?sh$/.test(program);
  const doubtful = shellSyntax.filter((text) => !(isShell && /^[$`]/.test(text)));
  if (doubtful.length === 0) return [];
  const list = doubtful.map((text) => JSON.stringify(text)).join(', ');
  const what = doubtful.some((text) => /^\w+=$/.test(text)) ? 'use "environment", or ' : '';
  return [
    {
      path,
      message: `the command runs without a shell, which alone gives ${list} a meaning; ${what}wrap it: sh -c '…' (or quote what is meant literally)`,
    },
  ];
}

function auditMail(job: JobDefaults): readonly Doubt[] {
  if (job.failure_threshold_for_mail === undefined || job.failmail !== undefined) return [];
  return [
    {
      path: ['failure_threshold_for_mail'],
      message: 'no mail will be sent: there is no "failmail" with a "to_address"',
    },
  ];
}

function auditTags(job: JobDefaults): readonly Doubt[] {
  return (['tag', 'tags'] as const)
    .filter((key) => typeof job[key] === 'string' && job[key].includes(','))
    .map((key) => ({
      path: [key],
      message: `${JSON.stringify(job[key])} is one tag; write a list for several: [a, b]`,
    }));
}
