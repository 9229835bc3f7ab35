/** Loaded by the programs with the first entry of their own log that needs winston. */
export { createWinstonLog } from '../../system/own-log/winston-log.ts';
