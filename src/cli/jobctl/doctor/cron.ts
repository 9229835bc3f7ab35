/** Checks what starts jobs: the cron daemon, its time zone, the crontab, and the clock. */
import type { Config } from '../../../config/config.ts';
import { advise } from '../../../report/advice.ts';
import { type CrontabPart, refusalOf } from '../../../report/clock/crontab-part.ts';
import { startCommand } from '../../../report/clock/daemon.ts';
import type { ClockFacts, Installed } from '../../../report/clock/installed.ts';
import type { Check } from '../../../report/text/doctor.ts';
import { files } from '../../../system/file/files.ts';
import { clock } from '../../../system/time/clock.ts';
import { hostZone } from '../../../system/time/zones.ts';
import { otherZoneAdvice, otherZoneWords } from '../../../zone/other-zone.ts';
import { wallTime } from '../../../zone/wall-time.ts';

/** `lines`: what the clock does with each job; empty when no job has a schedule and nothing is a service. */
export function cronChecks(config: Config, installed: Installed, lines: readonly ClockFacts[]): readonly Check[] {
  const wanted = lines.filter(({ line }) => line !== 'none');
  return [
    daemonCheck(installed, wanted.length > 0),
    ...zoneChecks(installed),
    crontabCheck(installed, wanted),
    clockCheck(config, installed),
  ];
}

function daemonCheck({ daemon }: Installed, isNeeded: boolean): Check {
  const about = 'cron';
  switch (daemon.is) {
    case 'running': {
      const { name, pid, sinceMs, stopped } = daemon;
      const since = sinceMs === undefined ? '' : ` since ${wallTime(sinceMs, hostZone())}`;
      if (!stopped) return { about, is: 'ok', words: `${name} (pid ${pid}) has been running${since}` };
      const words = `${name} (pid ${pid}) was stopped by a signal, so nothing starts`;
      return { about, is: 'problem', words, advice: [advise('let it go on', `sudo kill -CONT ${pid}`)] };
    }
    case 'absent': {
      const words = isNeeded ? 'no cron is running, so the clock starts nothing' : 'no cron is running';
      return { about, is: isNeeded ? 'problem' : 'warning', words, advice: [advise('start it', startCommand(daemon))] };
    }
    case 'hidden':
      return { about, is: 'unknown', words: "other users' processes are hidden from you; root can see them" };
    default:
      return daemon satisfies never;
  }
}

function zoneChecks({ daemon }: Installed): readonly Check[] {
  const about = 'time zone';
  const host = hostZone();
  const other = daemon.is === 'running' ? daemon.otherZone : undefined;
  if (other === undefined) return [{ about, is: 'ok', words: `this host's zone is ${host.name}` }];
  const words = otherZoneWords(other, host, clock.nowMs());
  return [{ about, is: 'problem', words, advice: [advise(otherZoneAdvice)] }];
}

function crontabCheck({ main, command }: Installed, wanted: readonly ClockFacts[]): Check {
  const about = 'crontab';
  const place = placeCheck(main, command, wanted.length);
  if (place !== undefined) return place;
  const refusal = refusalOf(main, command);
  if (refusal !== undefined)
    return { about, is: 'problem', words: `cron ignores ${main.path}: ${refusal.words}`, advice: refusal.advice };
  const missing = wanted.filter(({ line }) => line === 'missing').length;
  const other = wanted.filter(({ line }) => line === 'other' || line === 'left-over').length;
  if (missing + other > 0) {
    const parts = [
      ...(missing > 0 ? [`${missing} ${missing === 1 ? 'job has' : 'jobs have'} no line in it`] : []),
      ...(other > 0 ? [`${other} ${other === 1 ? 'line has' : 'lines have'} other times than the job files`] : []),
    ];
    const advice = [advise('install the crontab again', command)];
    return { about, is: 'problem', words: `${main.path}: ${parts.join(', ')}`, advice };
  }
  return { about, is: 'ok', words: `${main.path} says what the job files say, and cron accepts it` };
}

function placeCheck(
  { kind, path, facts, unreadable }: CrontabPart,
  command: string,
  wanted: number,
): Check | undefined {
  const about = 'crontab';
  if (kind === 'console')
    return { about, is: 'unknown', words: 'output_crontab is console: nothing is known about what reads the lines' };
  if (kind === 'elsewhere') {
    const advice = [advise('set "output_crontab" to a file in /etc/cron.d, then', command)];
    return { about, is: 'problem', words: `${path} is not in /etc/cron.d, where cron looks`, advice };
  }
  if (unreadable !== undefined) return { about, is: 'unknown', words: `${path} can't be read: ${unreadable}` };
  if (facts !== undefined) return undefined;
  const words = kind === 'own' ? 'you have no crontab' : `there is no ${path}`;
  const advice = [advise('install it', command)];
  return { about, is: wanted > 0 ? 'problem' : 'warning', words, advice };
}

/** A clock that stands before what it has already seen makes ticks come again, or not at all. */
const aheadMs = 60_000;

function clockCheck({ stateDirectory, jobDirectory }: Config, { main }: Installed): Check {
  const about = 'clock';
  const nowMs = clock.nowMs();
  const seen = [stateDirectory, `${stateDirectory}/history`, jobDirectory].map(
    (place) => [place, files.facts(place)?.mtimeMs ?? 0] as const,
  );
  const [place, lastMs] = [...seen, [main.path, main.facts?.mtimeMs ?? 0] as const].reduce((latest, one) =>
    one[1] > latest[1] ? one : latest,
  );
  if (lastMs <= nowMs + aheadMs) return { about, is: 'ok', words: `it is ${wallTime(nowMs, hostZone())}` };
  const words = `it is ${wallTime(nowMs, hostZone())}, and ${place} was changed at ${wallTime(lastMs, hostZone())}`;
  return { about, is: 'warning', words, advice: [advise('see whether the clock is right', 'timedatectl status')] };
}
