/**
 * A network of machines on this one: each is a network namespace, joined by a bridge in a namespace
 * of its own. A machine that is cut off keeps its address and loses its link.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import process from 'node:process';

/** The reason to skip a test; false where namespaces can be made. */
export function withoutNamespaces(): string | false {
  if (process.getuid?.() !== 0) return 'needs root, for network namespaces';
  const name = `pclab-${process.pid}-try`;
  if (spawnSync('ip', ['netns', 'add', name], { stdio: 'ignore' }).status !== 0)
    return 'needs ip (Debian: iproute2) and network namespaces';
  spawnSync('ip', ['netns', 'delete', name]);
  return spawnSync('unshare', ['--mount', '--uts', '--pid', '--fork', 'true'], { stdio: 'ignore' }).status === 0
    ? false
    : 'needs mount and process namespaces';
}

const prefix = 'pclab';

export class Network {
  readonly #names: readonly string[];

  constructor(names: readonly string[]) {
    removeLeftBehind();
    this.#names = names;
    ip('netns', 'add', this.#bridge);
    inside(this.#bridge, [
      'link add br0 type bridge',
      'link set br0 up',
      'link set lo up',
      'addr add 10.77.0.1/24 dev br0',
    ]);
    for (const name of names) this.#join(name);
  }

  address(name: string): string {
    return `10.77.0.${10 + this.#names.indexOf(name)}`;
  }

  namespace(name: string): string {
    return `${prefix}-${process.pid}-${name}`;
  }

  /** The words that start a command on a machine, or beside the bridge, which is never cut off. */
  on(name: string | undefined): readonly string[] {
    return ['ip', 'netns', 'exec', name === undefined ? this.#bridge : this.namespace(name)];
  }

  cut(name: string): void {
    ip('-n', this.#bridge, 'link', 'set', name, 'down');
  }

  heal(name: string): void {
    ip('-n', this.#bridge, 'link', 'set', name, 'up');
  }

  remove(): void {
    for (const name of this.#names) spawnSync('ip', ['netns', 'delete', this.namespace(name)]);
    spawnSync('ip', ['netns', 'delete', this.#bridge]);
  }

  get #bridge(): string {
    return this.namespace('bridge');
  }

  #join(name: string): void {
    const namespace = this.namespace(name);
    ip('netns', 'add', namespace);
    inside(this.#bridge, [
      `link add ${name} type veth peer name eth0 netns ${namespace}`,
      `link set ${name} master br0`,
      `link set ${name} up`,
    ]);
    inside(namespace, ['link set lo up', `addr add ${this.address(name)}/24 dev eth0`, 'link set eth0 up']);
  }
}

function ip(...words: readonly string[]): void {
  execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'inherit'] });
}

function inside(namespace: string, lines: readonly string[]): void {
  execFileSync('ip', ['-n', namespace, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}

/** Removes the namespaces of tests that were killed. */
function removeLeftBehind(): void {
  const listed = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  for (const [name, pid] of listed.matchAll(new RegExp(`^${prefix}-(\\d+)-\\S+`, 'gm')))
    if (!existsSync(`/proc/${pid}`)) spawnSync('ip', ['netns', 'delete', name]);
}
