/** The folders of the state directory in which notices wait, and the lock of their deliverer. */
export const noticeFolders = {
  /** Runs that deliver-notices has yet to word. Only the service user may read them. */
  queue: 'notices/notes',
  /** Messages that have not been delivered. Only the service user may read them. */
  outbox: 'notices/outbox',
  /** The last event of each job that was considered, and its open incident. */
  incidents: 'incidents',
} as const;

/** The process that holds this lock words and sends. No job can have this name. */
export const noticeLock = '@notices';
