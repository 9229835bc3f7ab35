/** A machine's configuration and jobs in a directory of their own, and cron-generate as people start it. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { removeTree } from './house.ts';

const root = path.resolve(import.meta.dirname, '../../..');
export const cronGenerate = path.join(root, 'bin/cron-generate');

/** A configuration counts only where nobody else can write, so not below /tmp. */
export const notRoot = process.geteuid?.() === 0 ? false : 'needs root';

export class Scene {
  readonly directory: string;
  readonly crontab: string;

  /** `settings` are added to the configuration. */
  constructor(settings = '') {
    this.directory = mkdtempSync(path.join(process.geteuid?.() === 0 ? '/var/lib' : os.homedir(), 'pc-test-'));
    chmodSync(this.directory, 0o755);
    mkdirSync(this.path('jobs'));
    this.crontab = this.path('process-control');
    this.configure(settings);
  }

  path(name: string): string {
    return path.join(this.directory, name);
  }

  configure(settings: string): void {
    const own = `user: nobody\njob_directory: ${this.path('jobs')}\noutput_crontab: ${this.crontab}\n`;
    const keys = settings.match(/^\w+(?=:)/gm) ?? [];
    const kept = own.split('\n').filter((line) => !keys.some((key) => line.startsWith(`${key}:`)));
    writeFileSync(this.path('config.yaml'), `${kept.join('\n')}${settings}`);
  }

  /** A good job, unless `text` says otherwise. */
  job(slug: string, schedule = '5 0 * * *', more = ''): void {
    this.file(
      slug,
      `name: Job ${slug}\ncommand: /bin/true\nschedule: "${schedule}"\nfailmail: {to_address: root}\n${more}`,
    );
  }

  file(slug: string, text: string): void {
    writeFileSync(this.path(`jobs/${slug}.yaml`), text);
  }

  text(name = 'process-control'): string {
    return readFileSync(this.path(name), 'utf8');
  }

  environment(): Record<string, string> {
    return { PATH: '/usr/bin:/bin', CACHE_DIRECTORY: this.path('cache') };
  }

  generate(args: readonly string[] = [], input = ''): SpawnSyncReturns<string> {
    const all = ['--config', this.path('config.yaml'), ...args];
    return spawnSync(cronGenerate, all, { encoding: 'utf8', env: this.environment(), input, cwd: this.directory });
  }

  end(): void {
    removeTree(this.directory);
  }
}

/** Without the header and what is the same for all. */
export function entries(text: string): string[] {
  return text.split('\n').filter((line) => / --(?:job|ensure|catch-up)/.test(line));
}
