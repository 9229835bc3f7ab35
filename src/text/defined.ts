// Leaves out the keys of an object that have no value.

type Defined<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/**
 * A copy without the keys whose value is `undefined`: an optional key is either there with a value
 * or not there at all.
 */
export function defined<T extends object>(values: T): Defined<T> {
  // A loop: listings call this a hundred thousand times, and Object.fromEntries takes three times as long.
  const found: Partial<Record<string, unknown>> = {};
  for (const [key, value] of Object.entries(values)) if (value !== undefined) found[key] = value;
  return found as Defined<T>;
}
