/** The slots of a service in words, for `jobctl status`. */

import { widest } from '../../text/width.ts';
import { homeOf } from './cycle.ts';
import type { SlotRules } from './decide.ts';
import type { SlotRecord } from './records.ts';

/** A line for each instance: `web.0  up  on web1  http 31000`. */
export function slotLines(rules: SlotRules, slots: readonly SlotRecord[]): readonly string[] {
  const numbers = [...new Set([...Array(rules.instances).keys(), ...slots.map(({ instance }) => instance)])];
  const rows = numbers.sort((a, b) => a - b).map((instance) => slotRow(instance, rules, slots));
  const widths = [0, 1, 2].map((column) => widest(rows.map((row) => row[column] ?? '')));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function slotRow(instance: number, { slug, cycle }: SlotRules, slots: readonly SlotRecord[]): readonly string[] {
  const slot = slots.find((one) => one.instance === instance);
  const home = homeOf(instance, cycle) ?? 'no host';
  if (slot === undefined) return [`${slug}.${instance}`, 'free', `at home on ${home}`, ''];
  const away = slot.host === home ? '' : `, at home on ${home}`;
  const ports = Object.entries(slot.ports).map(([name, port]) => `${name} ${port}`);
  return [`${slug}.${instance}`, slot.state, `on ${slot.host}${away}`, ports.join(' ')];
}
