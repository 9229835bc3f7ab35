/** Keeps what was made of a value that never changes, such as a snapshot or one of its jobs, as long as the value is kept: all views of it share that. */
export function remembered<K extends object, V>(make: (of: K) => V): (of: K) => V {
  const known = new WeakMap<K, { readonly value: V }>();
  return (of) => {
    const kept = known.get(of);
    if (kept !== undefined) return kept.value;
    const value = make(of);
    known.set(of, { value });
    return value;
  };
}
