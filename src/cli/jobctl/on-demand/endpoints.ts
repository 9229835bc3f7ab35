/** `jobctl endpoints`: where the instances of a service are, for clients and proxies. */
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import type { Config } from '../../../config/config.ts';
import { loadJob } from '../../../job/load.ts';
import { exitCodes } from '../../../run/outcome/outcome.ts';
import { type Endpoint, endpointFormats, endpointsText } from '../../../service/endpoints.ts';
import { isRecordUnreadable } from '../../../service/record/record.ts';
import { files } from '../../../system/file/files.ts';
import { replaceFile, stateFiles } from '../../../system/state/state-files.ts';
import { print } from '../../frame/output.ts';
import { refuse } from '../../frame/refuse.ts';
import { lookAtService } from '../../report/service-snapshots.ts';
import { notDone } from '../frame/answers.ts';
import type { Options } from '../frame/options.ts';
import { holderOf, type ServiceTarget, targetName } from '../frame/target.ts';
import { readSlots } from './pool-service.ts';

export async function endpoints(target: ServiceTarget, options: Options, config: Config): Promise<number> {
  const { slug, instance, service } = target;
  const { format = 'json', output, all } = options;
  const known = endpointFormats.find((one) => one === format);
  if (known === undefined) return refuse('jobctl', `--format is ${endpointFormats.join(', ')}, found "${format}"`);
  if (output === '') return refuse('jobctl', '--output needs the path of a file');
  if (instance !== undefined)
    return refuse('jobctl', `endpoints is about a whole service: jobctl endpoints ${slug}, not ${targetName(target)}`);
  const found = service.seat?.slots === true ? await sharedEndpoints(slug, config) : localEndpoints(target, config);
  if (typeof found === 'string') {
    const kept = output === undefined ? '' : `; ${output} stays as it is`;
    return refuse('jobctl', `the endpoints of ${slug} are not known: ${found}${kept}`, notDone);
  }
  const ports = portsOf(slug, found, config);
  if (known !== 'json' && ports.length === 0)
    return refuse('jobctl', `${slug} has no "ports" in its file, so there is nothing for ${known}`, notDone);
  const shown = found.filter(({ state }) => all === true || state === 'up');
  const text = endpointsText({ service: slug, ports, instances: shown }, known);
  if (output === undefined) return print(text) ? 0 : exitCodes.internal;
  return write(path.resolve(output), text);
}

/** Endpoints, or why they are not known. */
type Found = readonly Endpoint[] | string;

async function sharedEndpoints(slug: string, config: Config): Promise<Found> {
  const answer = await readSlots(slug, config);
  if (answer.is === 'unknown') return answer.reason;
  return answer.slots.map(({ instance, host, address, ports, state }) => ({ instance, host, address, ports, state }));
}

function localEndpoints({ slug, service }: ServiceTarget, config: Config): Found {
  if (isRecordUnreadable(stateFiles(config.stateDirectory), slug)) return "the record of its supervisor can't be read";
  const holder = holderOf(slug, config);
  if (holder?.isStopped === true)
    return `its supervisor is stopped (SIGSTOP), so nothing is watched: kill -CONT ${holder.wrapper?.pid}`;
  const { instances } = lookAtService(service, holder, config);
  const host = config.fleet?.host ?? os.hostname();
  return instances.map(({ number, at, ports }) => ({ instance: number, host, address, ports, state: at }));
}

/** A service without a pool is asked on this host, as its health checks do. */
const address = '127.0.0.1';

function portsOf(slug: string, found: readonly Endpoint[], config: Config): readonly string[] {
  const loaded = loadJob(slug, config, { files });
  const named = loaded?.ok ? (loaded.value.service?.ports ?? []).map(({ name }) => name) : [];
  return [...new Set([...named, ...found.flatMap(({ ports }) => Object.keys(ports))])];
}

/** Replaces the file as a whole. Root writes with the rights of the service user, which jobctl has taken on. */
function write(file: string, text: string): number {
  process.umask(0o022);
  try {
    replaceFile(file, text, 0o644);
    return 0;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'EACCES' || code === 'EPERM' ? 'permission denied' : message;
    return refuse('jobctl', `${file} was not written: ${why}`, notDone);
  }
}
