/** What no schema can say about a job: doubts that a reviewer would have, as warnings. */
import type { Path } from '../yaml/place.ts';
import type { Lookup } from './job.ts';
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

export interface Audited {
  readonly written: Lookup;
  /** Whichever has the job's tags: its file, or the defaults. */
  readonly tagged: JobDefaults;
  readonly commands: readonly AuditedCommand[];
}

export function auditJob({ written, tagged, commands }: Audited): readonly Doubt[] {
  return [...commands.flatMap(auditCommand), ...auditMail(written), ...auditTags(tagged)];
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

function auditMail(written: Lookup): readonly Doubt[] {
  if ((written('failure_threshold_for_mail') ?? 1) === 1 || written('failmail') !== undefined) return [];
  const message = 'no mail will be sent: there is no "failmail" with a "to_address"';
  return [{ path: ['failure_threshold_for_mail'], message }];
}

function auditTags(tagged: JobDefaults): readonly Doubt[] {
  return (['tag', 'tags'] as const)
    .filter((key) => typeof tagged[key] === 'string' && tagged[key].includes(','))
    .map((key) => ({ path: [key], message: `"${tagged[key]}" is one tag; write a list for several: [a, b]` }));
}
