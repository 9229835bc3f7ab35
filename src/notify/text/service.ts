/** Words a change of a service for people: what, where, since when, which instance and why, and what to do. */
import { printable } from '../../text/printable.ts';
import type { Message } from './failmail.ts';

export interface ServiceReport {
  readonly slug: string;
  readonly name: string;
  readonly description?: string;
  readonly host: string;
  readonly what: 'worse' | 'recovered';
  readonly state: string;
  /** "2026-11-22 10:30:00 +01:00" */
  readonly since: string;
  /** One for each instance that is not up. */
  readonly lines: readonly string[];
  readonly logPath?: string;
}

/** The start of every subject, kept: people's mail filters know it. */
const subjectPrefix = 'Fail Mail : ';

export function serviceMessage(report: ServiceReport): Message {
  const { slug, name, host, what, state, since, description, lines, logPath } = report;
  const title = printable(name === slug ? slug : `${name} (${slug})`);
  const words = what === 'worse' ? `is ${state}` : 'is up again';
  const sections = [
    [`The service ${title} ${words}`, `on ${printable(host)}, since ${since}.`],
    description === undefined ? [] : [printable(description.trim().replaceAll('\n', ' '))],
    lines.map(printable),
    [
      ...(logPath === undefined ? [] : [`Log: ${printable(logPath)}`]),
      `Look at it: jobctl status ${slug}`,
      ...(what === 'worse' ? [`Try again: jobctl restart ${slug}`, `Keep it down: jobctl stop ${slug}`] : []),
    ],
  ];
  const text = sections.filter((section) => section.length > 0).map((section) => `${section.join('\n')}\n`);
  return {
    subject: `${what === 'worse' ? subjectPrefix : 'Recovered : '}${title} ${words} on ${printable(host)}`,
    text: text.join('\n'),
  };
}
