/** The host: what all jobs depend on. */
import { countsOf } from './frame/attention.ts';
import { Banners, hostTroubles } from './frame/banners.tsx';
import { allJobs, CountItems, Document, Facts, type View, When } from './frame/document.tsx';

const cronWords = {
  running: 'runs',
  stopped: 'is stopped (SIGSTOP)',
  absent: 'does not run',
  unknown: 'not known: this reader can not see the processes of others',
} as const;

export function Host(view: View) {
  const { snapshot, base } = view;
  const { name, atMs, tookMs, timeZone, version, node, cron, isCrontabInSync, undeliveredNotices } = snapshot.host;
  const troubles = hostTroubles(view);
  const jobs = allJobs(snapshot);
  return (
    <Document {...view} here="host" title={troubles[0]?.words ?? 'Host'}>
      <h1>{name}</h1>
      <Banners troubles={troubles} />
      <Facts
        facts={[
          ['cron', cronWords[cron]],
          [
            'Crontab',
            isCrontabInSync === undefined
              ? 'not known'
              : isCrontabInSync
                ? 'says what the job files say'
                : 'differs from the job files',
          ],
          ['Notices not delivered', String(undeliveredNotices)],
          ['Time zone', timeZone],
          ['Read', <When ms={atMs} view={view} />],
          ['Reading took', `${Math.round(tookMs)} ms`],
          ['process-control', version],
          ['Node', node],
        ]}
      />
      <h2>States of {jobs.length} jobs and services</h2>
      <ul class="counts">
        <CountItems counts={countsOf(jobs)} base={base} />
      </ul>
    </Document>
  );
}
