/** Loaded by a supervisor when people must hear of its service: words the message and sends it. */
import os, { userInfo } from 'node:os';
import type { Config } from '../config/config.ts';
import { serviceMessage } from '../notify/service-message.ts';
import { timeText } from '../report/time-text.ts';
import type { ServiceNotice } from '../service/supervisor-machine.ts';
import { createMailer, usualRoute } from '../system/mailer.ts';
import type { Delivery } from '../system/system.ts';
import { hostZone } from '../system/zone.ts';

/** `undefined` when nobody wants to know. */
export async function tellOfService(notice: ServiceNotice, { mail }: Config): Promise<Delivery | undefined> {
  const { job } = notice;
  if (job.failmail === undefined) return undefined;
  try {
    const host = os.hostname();
    const message = serviceMessage({ ...notice, ...job, host, since: timeText(hostZone())(notice.sinceMs) });
    const from = job.failmail.fromAddress ?? `Fail Mail <${userInfo().username}@${host}>`;
    return await createMailer(mail ?? usualRoute()).send({ from, to: job.failmail.toAddress, ...message });
  } catch (error) {
    return { ok: false, reason: (error as Error).message };
  }
}
