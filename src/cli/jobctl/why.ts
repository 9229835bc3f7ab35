/** `jobctl why`: what became of a tick, what stopped it, and what to do. */
import type { Config } from '../../config/config.ts';
import { momentForms, parseMoment } from '../../report/moment.ts';
import { explain, explanationCode } from '../../report/why.ts';
import { whyText } from '../../report/why-text.ts';
import { greatest } from '../../report/width.ts';
import { exitCodes } from '../../run/outcome.ts';
import { clock } from '../../system/clock.ts';
import { hostZone } from '../../system/zones.ts';
import { gatherEvidence } from '../parts/evidence.ts';
import { readInstalled } from '../parts/installed.ts';
import { print, say } from '../parts/output.ts';
import { chooseJobs } from './jobs.ts';
import type { Options } from './options.ts';

export function why(options: Options, config: Config): number {
  const { at, json } = options;
  const now = { nowMs: clock.nowMs(), zone: hostZone(), leaning: 'past' } as const;
  const askedMs = at === undefined ? undefined : parseMoment(at, now);
  if (at !== undefined && askedMs === undefined) {
    say('jobctl', `--at must be ${momentForms(now)}, found "${at}"`);
    return exitCodes.usage;
  }
  const chosen = chooseJobs(options, config, 'refuse');
  if (!chosen.ok) return chosen.exitCode;
  const installed = readInstalled(config);
  const codes = chosen.slugs.map((slug, index) => {
    const loaded = chosen.jobs.load(slug);
    const evidence = gatherEvidence({ slug, loaded, config, installed, ...(askedMs !== undefined && { askedMs }) });
    const explanation = explain(evidence);
    if (json) print(`${JSON.stringify({ ...explanation, evidence })}\n`);
    else print(`${index === 0 ? '' : '\n'}${whyText(explanation, evidence)}`);
    return explanationCode(explanation);
  });
  return greatest(codes);
}
