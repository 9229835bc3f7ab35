/** `jobctl why`: explains the state of a job, or what became of a tick, and what to do about it. */

import type { Config } from '../../config/config.ts';
import { looking } from '../../report/advice.ts';
import { momentForms, parseMoment } from '../../report/typed/moment.ts';
import { answerOf } from '../../report/why/answer.ts';
import { whyText } from '../../report/why/text.ts';
import { explain, explanationCode } from '../../report/why/why.ts';
import { clock } from '../../system/time/clock.ts';
import { hostZone } from '../../system/time/zones.ts';
import { defined } from '../../text/defined.ts';
import { greatest } from '../../text/width.ts';
import { wallTime } from '../../zone/wall-time.ts';
import { readInstalled } from '../crontab/installed.ts';
import { print, terminalColumns } from '../frame/output.ts';
import { refuse } from '../frame/refuse.ts';
import { commandForms } from '../report/command-forms.ts';
import { gatherEvidence } from '../report/evidence.ts';
import { lastWordsOf } from '../report/last-words.ts';
import { timesOf } from '../report/times.ts';
import { evidenceOfFleet } from './frame/fleet-evidence.ts';
import { chooseJobs } from './frame/jobs.ts';
import type { Options } from './frame/options.ts';

export async function why(options: Options, config: Config): Promise<number> {
  const { at, json, all } = options;
  const now = { nowMs: clock.nowMs(), zone: hostZone(), leaning: 'past' } as const;
  const askedMs = at === undefined ? undefined : parseMoment(at, now);
  if (at !== undefined && askedMs === undefined)
    return refuse('jobctl', `--at must be ${momentForms(now)}, found "${at}"`);
  const installed = readInstalled(config);
  const known = (slug: string) => installed.lines.has(slug);
  const chosen = chooseJobs(options, config, 'refuse', { times: timesOf(config), known });
  if (!chosen.ok) return chosen.exitCode;
  const forms = commandForms(config);
  const codes: number[] = [];
  for (const [index, slug] of chosen.slugs.entries()) {
    const loaded = chosen.jobs.load(slug);
    const snapshot = chosen.jobs.snapshot(slug);
    const fleet = await evidenceOfFleet(slug, loaded, config);
    const order = { slug, loaded, snapshot, config, installed, forms, ...defined({ fleet }) };
    const evidence = gatherEvidence({ ...order, ...defined({ askedMs }) });
    const explanation = explain(evidence);
    const words = lastWordsOf(explanation.run?.logPath, `jobctl why ${slug}`, config);
    const answer = answerOf(explanation, evidence, words);
    if (json) {
      const { clock: clockFacts } = evidence;
      print(`${JSON.stringify({ ...explanation, ...answer, ...(clockFacts && { clock: clockFacts }), evidence })}\n`);
    } else {
      const more = looking(
        forms,
        `why ${slug}${at === undefined ? '' : ` --at ${wallTime(askedMs ?? now.nowMs, now.zone).replace(' ', 'T')}`} --all`,
      );
      const view = { ...(all !== true && { more }), ...terminalColumns() };
      print(`${index === 0 ? '' : '\n'}${whyText(answer, all === true ? explanation.findings : undefined, view)}`);
    }
    codes.push(explanationCode(explanation));
  }
  return greatest(codes);
}
