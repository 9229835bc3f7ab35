/**
 * Removes private values from lines of histories and records of services. Only sentences for people
 * lose them, never a field that a program reads.
 */
type Fields = Record<string, unknown>;

type Hide = (text: string) => string;

/**
 * Returns a line of a history without private values, which the reason of an outcome or the words
 * about a service may quote from a file.
 */
export function withoutPrivate(line: string, hide: Hide): string {
  const event = JSON.parse(line) as Fields;
  const { outcome } = event;
  if (isFields(outcome) && (outcome.kind === 'not-started' || outcome.kind === 'lost'))
    event.outcome = hidden(outcome, ['stage', 'reason'], hide);
  // The decision of an operator is kept as it was typed.
  const shown = event.event === 'service' && event.action === undefined ? hidden(event, ['words'], hide) : event;
  return `${JSON.stringify(shown)}\n`;
}

/** Returns the record of a supervisor without private values. */
export function recordWithoutPrivate(text: string, hide: Hide): string {
  const record = hidden(JSON.parse(text) as Fields, ['rollingEnd'], hide);
  const instances = Array.isArray(record.instances) ? (record.instances as unknown[]) : [];
  record.instances = instances.map((one) => {
    if (!isFields(one)) return one;
    const { lastExit } = one;
    return {
      ...hidden(one, ['reason'], hide),
      ...(isFields(lastExit) && { lastExit: hidden(lastExit, ['words'], hide) }),
    };
  });
  return `${JSON.stringify(record)}\n`;
}

function hidden(fields: Fields, names: readonly string[], hide: Hide): Fields {
  const found = names.flatMap((name) => {
    const text = fields[name];
    return typeof text === 'string' ? [[name, hide(text)] as const] : [];
  });
  return { ...fields, ...Object.fromEntries(found) };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
