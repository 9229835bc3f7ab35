/** `jobctl snooze`: suspends the probes of a service, or of one instance, for a while. */
import type { Config } from '../../../config/config.ts';
import { parseSpan, spanForms } from '../../../report/typed/span.ts';
import { instanceFolders } from '../../../system/state/instance-folders.ts';
import { clock } from '../../../system/time/clock.ts';
import { hostZone } from '../../../system/time/zones.ts';
import { durationWords } from '../../../text/duration.ts';
import { timeText } from '../../../zone/wall-time.ts';
import { print } from '../../frame/output.ts';
import { refuse } from '../../frame/refuse.ts';
import { notDone } from '../frame/answers.ts';
import type { Options } from '../frame/options.ts';
import { recordOnService } from '../frame/record.ts';
import { holderOf, type ServiceTarget, targetName } from '../frame/target.ts';

export function snooze(target: ServiceTarget, options: Options, config: Config): number {
  const { slug, instance } = target;
  const { snoozeMaxSeconds, instances } = target.service;
  if (snoozeMaxSeconds === undefined) return refuse('jobctl', `${slug} has no "health_check" that could be snoozed`);
  if (holderOf(slug, config) === undefined) return refuse('jobctl', `${slug} is down, so it has no probes to snooze`);
  const seconds = options.for === undefined ? snoozeMaxSeconds : parseSpan(options.for);
  if (seconds === undefined || seconds === 0)
    return refuse('jobctl', `--for must be ${spanForms}, found "${options.for}"`);
  if (seconds > snoozeMaxSeconds) {
    return refuse(
      'jobctl',
      `a snooze of ${slug} ends after ${durationWords(snoozeMaxSeconds)} (snooze_max); ask for less`,
    );
  }
  const untilMs = clock.nowMs() + seconds * 1000;
  const folders = instanceFolders(config.stateDirectory);
  const numbers = instance === undefined ? Array.from({ length: instances }, (_, number) => number) : [instance];
  for (const number of numbers) {
    const written = folders.writeSnooze(slug, number, `${new Date(untilMs).toISOString()}\n`);
    if (!written.ok) {
      return refuse('jobctl', `${slug}.${number} could not be snoozed: ${written.reason}`, notDone);
    }
  }
  recordOnService(target, 'snooze', options, config, ` until ${timeText(hostZone())(untilMs)}`);
  const words = `the probes of ${targetName(target)} are suspended until ${timeText(hostZone())(untilMs)}, or until its next start`;
  print(options.json ? `${JSON.stringify({ job: targetName(target), untilMs })}\n` : `${words}\n`);
  return 0;
}
