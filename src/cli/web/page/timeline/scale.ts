/** The scale of the lanes: a day from left to right. */
import type { Span } from '../../read/span.ts';

export const width = 1440;

export function xOf(ms: number, { fromMs, untilMs }: Span): number {
  return Number((((ms - fromMs) / (untilMs - fromMs)) * width).toFixed(1));
}
