/**
 * Plain data as a program keeps it for long: made anew, so that it holds no longer text of which it has a part, and values of the same kind have
 * the same shape. Objects that were put together of many parts have a shape each, which takes more room than their values and makes reading slow.
 */
export function packed<T extends object>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
