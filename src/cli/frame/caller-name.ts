/** The name of the person who called, also behind sudo and behind root's process. */
import { callerUid } from '../../system/user/become.ts';
import { users } from '../../system/user/users.ts';

export function callerName(): string {
  const uid = callerUid();
  return users.find(String(uid))?.name ?? `uid ${uid}`;
}
