/** Troubles of the host, and so of many jobs at once, each with the command that ends it. */
import { printable } from '../../../../text/printable.ts';
import { byState } from './attention.ts';
import { Command } from './command.tsx';
import { allJobs, type View } from './document.tsx';

export interface HostTrouble {
  readonly words: string;
  readonly command?: string;
}

export function hostTroubles({ snapshot, reader }: View): readonly HostTrouble[] {
  const { cron, isCrontabInSync, undeliveredNotices } = snapshot.host;
  const overdue = byState(allJobs(snapshot)).get('overdue')?.length ?? 0;
  const behind = overdue === 0 ? '' : `: ${overdue} ${overdue === 1 ? 'job is' : 'jobs are'} overdue`;
  const isIdle = cron === 'stopped' || (cron === 'absent' && allJobs(snapshot).some((job) => 'nextMs' in job));
  return [
    ...(isIdle
      ? [{ words: `cron is not running${behind || ', so the clock starts no job'}`, ...startCommand(reader) }]
      : []),
    ...(isCrontabInSync === false
      ? [{ words: 'the crontab does not say what the job files say', command: reader.hostCommands().install }]
      : []),
    ...(undeliveredNotices > 0
      ? [
          {
            words: `${undeliveredNotices} ${undeliveredNotices === 1 ? 'notice is' : 'notices are'} not delivered yet`,
            command: 'jobctl doctor',
          },
        ]
      : []),
  ];
}

function startCommand(reader: View['reader']): Pick<HostTrouble, 'command'> {
  const command = reader.hostCommands().startCron;
  return command === undefined ? {} : { command };
}

export function Banners({ troubles }: { readonly troubles: readonly HostTrouble[] }) {
  return (
    <>
      {troubles.map(({ words, command }) => (
        <p class="banner">
          <strong>{printable(words)}</strong> {command !== undefined && <Command text={printable(command)} />}
        </p>
      ))}
    </>
  );
}
