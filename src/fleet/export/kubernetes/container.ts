/** The one container that a job becomes: its command, variables and directory. */
import type { Command } from '../../../job/command.ts';
import type { Job } from '../../../job/job.ts';
import { shellWord } from '../../../text/shell-word.ts';
import type { Container, EnvironmentVariable } from './objects.ts';

/** Replaces the placeholders of a service; a job that ends has none. */
export type Expand = (text: string) => string;

/** The container without its name and image, which the template has. */
export function containerOf(
  job: Job,
  { expand, variables = [] }: { readonly expand: Expand; readonly variables?: readonly EnvironmentVariable[] },
): Omit<Container, 'name'> {
  const own = Object.entries(job.environment).map(([name, value]) => ({ name, value: expand(literal(value)) }));
  const replaced = new Set(own.map(({ name }) => name));
  const env = [...variables.filter(({ name }) => !replaced.has(name)), ...own];
  return {
    command: commandLine(job.commands, expand),
    ...(env.length > 0 && { env }),
    ...(job.workingDirectory !== undefined && { workingDir: job.workingDirectory }),
    ...(job.noNewPrivileges && { securityContext: { allowPrivilegeEscalation: false } }),
  };
}

/** One command is its words; several become a script that ends at the first that fails. */
export function commandLine(commands: readonly Command[], expand: Expand): string[] {
  const [first, ...more] = commands;
  if (first !== undefined && more.length === 0) return first.words.map((word) => expand(literal(word)));
  const script = commands.map(({ words }) => words.map((word) => shellWord(expand(literal(word)))).join(' '));
  return ['/bin/sh', '-ec', script.join('\n')];
}

/** A text that Kubernetes gives on as it is: it expands `$(NAME)`, and `$$` stands for one `$` there. */
function literal(text: string): string {
  return text.replace(/\$+(?=\()/g, (dollars) => dollars + dollars);
}
