/** Set by `--catch-up` for a tick whose run was lost; without it the tick was missed. */
export const rerunVariable = 'PROCESS_CONTROL_RERUN';
