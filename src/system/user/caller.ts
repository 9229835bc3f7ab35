/** The caller of this program. */
import os from 'node:os';
import process from 'node:process';
import type { Caller } from '../types/user.ts';

export const caller: Caller = {
  // Linux always has these functions; the types allow for Windows.
  uid: process.getuid?.() ?? -1,
  euid: process.geteuid?.() ?? -1,
  pid: process.pid,
  hostName: os.hostname(),
  environment: process.env,
};
