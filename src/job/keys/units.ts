/** Seconds and bytes of values that the schemas allow; `undefined` for a key not written. */
import { parseDuration } from '../../text/duration.ts';
import { parseSize } from '../../text/size.ts';

/** A number is seconds already. */
export function inSeconds(written: number | string): number;
export function inSeconds(written: number | string | undefined): number | undefined;
export function inSeconds(written: number | string | undefined): number | undefined {
  return typeof written === 'string' ? (parseDuration(written) ?? 0) : written;
}

/** A number is bytes already. */
export function inBytes(written: number | string): number;
export function inBytes(written: number | string | undefined): number | undefined;
export function inBytes(written: number | string | undefined): number | undefined {
  return typeof written === 'string' ? (parseSize(written) ?? 0) : written;
}
