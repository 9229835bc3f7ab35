/** Where notices lie while they wait, as folders of the state directory; the first two hold what only the service user may read. */
export const noticeFolders = {
  /** What runs have left to be worded. */
  notes: 'notices/notes',
  /** Messages that have not come through yet. */
  outbox: 'notices/outbox',
  /** How far each job's history has been told, and whether it has an incident. */
  incidents: 'incidents',
} as const;

/** Whoever has this lock words and sends; no job has such a name. */
export const noticeLock = '@notices';
