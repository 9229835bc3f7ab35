/**
 * The words of a message about a service: its state, where, since when, which instances and why,
 * and what to do.
 */
import { printable } from '../../text/printable.ts';
import { failmailPrefix, type Message } from './wording.ts';

export interface ServiceReport {
  readonly slug: string;
  readonly name: string;
  readonly description?: string;
  readonly host: string;
  readonly what: 'worse' | 'recovered';
  readonly state: string;
  /** "2026-11-22 10:30:00 +01:00" */
  readonly since: string;
  /** A line for each instance that is not up. */
  readonly lines: readonly string[];
  readonly logPath?: string;
}

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
    subject: `${what === 'worse' ? failmailPrefix : 'Recovered : '}${title} ${words} on ${printable(host)}`,
    text: text.join('\n'),
  };
}
