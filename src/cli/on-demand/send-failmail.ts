/** Loaded by run-job when a failmail is due: words the mail and sends it. nodemailer costs nothing until then. */
import { userInfo } from 'node:os';
import type { Failmail } from '../../notify/failmail.ts';
import type { RunReport } from '../../notify/report.ts';
import { failureMessage } from '../../notify/text/failmail.ts';
import { createMailer, usualRoute } from '../../system/message/mailer.ts';
import { hostZone } from '../../system/time/zones.ts';
import type { Delivery, MailRoute } from '../../system/types/message.ts';

/** Answers within 30 s and never throws: the run's outcome stands whatever becomes of the mail. */
export async function sendFailmail(
  report: RunReport,
  { fromAddress, toAddress }: Failmail,
  route: MailRoute = usualRoute(),
): Promise<Delivery> {
  try {
    const from = fromAddress ?? `Fail Mail <${userInfo().username}@${report.host}>`;
    return await createMailer(route).send({ from, to: toAddress, ...failureMessage(report, hostZone()) });
  } catch (error) {
    return { ok: false, reason: (error as Error).message };
  }
}
