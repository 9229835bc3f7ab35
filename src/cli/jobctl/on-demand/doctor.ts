/** `jobctl doctor`: checks everything on this host that jobs depend on, and says what to do about what is wrong. */
import process from 'node:process';
import type { Installed } from '../../../report/clock/installed.ts';
import { type Check, doctorCode, doctorJson, doctorText } from '../../../report/text/doctor.ts';
import type { AnySnapshot } from '../../../report/text/job.ts';
import { daemonEvidence, readInstalled } from '../../crontab/installed.ts';
import { print, printBytes, terminalColumns } from '../../frame/output.ts';
import { loadSetting } from '../../frame/setting.ts';
import type { Options } from '../frame/options.ts';
import { terminalStyle } from '../frame/terminal.ts';
import { clockCheck } from './doctor/clock.ts';
import { configurationChecks } from './doctor/configuration.ts';
import { crontabCheck, daemonCheck, zoneCheck } from './doctor/cron.ts';
import { etcdChecks } from './doctor/etcd.ts';
import { answeringFiles, type Ground, groundOf, isSilent, lookAtMounts } from './doctor/ground.ts';
import { programChecks, silentChecks, spaceChecks } from './doctor/host.ts';
import { findJobs, mailingJobs, runCheck, snapshotsOf } from './doctor/job-files.ts';
import { mailCheck, noticesCheck } from './doctor/mail.ts';
import { pausesChecks } from './doctor/pauses.ts';
import { rightsChecks } from './doctor/rights.ts';
import { serviceUserChecks } from './doctor/service-user.ts';

/** It is asked when nothing works, so it opens the configuration itself: a broken one is a finding. */
export async function doctor(options: Options): Promise<number> {
  const checks = await checksOf(options);
  if (options.json) print(doctorJson(checks));
  else {
    const style = process.stdout.isTTY ? terminalStyle() : { isColoured: false };
    // The text has been made printable; its colours are our own.
    printBytes(Buffer.from(doctorText(checks, { ...terminalColumns(), ...style })));
  }
  return doctorCode(checks);
}

async function checksOf(options: Options): Promise<readonly Check[]> {
  const mounts = await lookAtMounts();
  const setting = loadSetting(options.config, answeringFiles(mounts));
  if (!setting.ok) {
    const configuration = configurationChecks(setting);
    const daemon = daemonEvidence();
    return [...configuration, daemonCheck(daemon, true), zoneCheck(daemon), clockCheck([], []), ...programChecks()];
  }
  const ground = groundOf(setting.value, mounts);
  const silent = silentChecks(ground.config, mounts);
  const configuration = configurationChecks(setting, silent.length > 0);
  if (silent.length > 0) return [...silent, ...configuration, ...(await lesserChecks(ground, options))];
  return [...configuration, ...(await allChecks(ground, options))];
}

async function allChecks(ground: Ground, options: Options): Promise<readonly Check[]> {
  const { config } = ground;
  const installed = readInstalled(config);
  const jobs = findJobs(ground, installed);
  const snapshots = snapshotsOf(config);
  const isNeeded = jobs.clocks.some(({ clock }) => clock.line !== 'none');
  return [
    daemonCheck(installed.daemon, isNeeded),
    zoneCheck(installed.daemon),
    crontabCheck(installed, jobs),
    clockCheck(writtenPlaces(ground, installed), snapshots),
    ...jobs.checks,
    ...pausesChecks(ground),
    ...(await serviceUserChecks(ground, installed)),
    ...spaceChecks(ground),
    ...programChecks(),
    ...rightsChecks(ground),
    await mailCheck(ground, { ...mailOptions(options), mailing: () => mailingJobs(config) }),
    noticesCheck(ground),
    ...(await etcdChecks(ground)),
    runCheck(ground, snapshots),
  ];
}

function mailOptions({ 'mail-test': mailTest, config: configFile }: Options) {
  return { mailTest, configFile };
}

/** The checks that touch no directory, for when one of them does not answer. */
async function lesserChecks(ground: Ground, options: Options): Promise<readonly Check[]> {
  const daemon = daemonEvidence();
  const none: readonly AnySnapshot[] = [];
  return [
    daemonCheck(daemon, true),
    zoneCheck(daemon),
    clockCheck([], none),
    ...programChecks(),
    await mailCheck(ground, { ...mailOptions(options), mailing: () => [] }),
  ];
}

/** Files and directories that this host has written. */
function writtenPlaces({ config, mounts }: Ground, { main }: Installed): readonly string[] {
  const { stateDirectory, jobDirectory } = config;
  const places = [stateDirectory, `${stateDirectory}/history`, jobDirectory, main.path];
  return places.filter((place) => place.startsWith('/') && !isSilent(place, mounts));
}
