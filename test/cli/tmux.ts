/** A terminal for tests: a tmux server of its own, with a shell in it. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { type House, repository, until } from './house.ts';

export const noTmux = spawnSync('tmux', ['-V']).status !== 0 && 'tmux is not installed';

/** The shell waits for a command. */
export const prompt = /[#$] ?$/;

export class Tmux {
  readonly #socket: string;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(house: House, environment: Readonly<Record<string, string>> = {}) {
    this.#socket = house.path('tmux');
    this.#environment = {
      PATH: `${path.join(repository, 'bin')}:/usr/bin:/bin`,
      PROCESS_CONTROL_CONFIG: house.configFile,
      LANG: 'C.UTF-8',
      TERM: 'xterm-256color',
      ...environment,
    };
    this.#tmux('new-session', '-d', '-s', 'it', '-x', '80', '-y', '24', 'bash --norc --noprofile');
  }

  #tmux(...args: readonly string[]): string {
    const done = spawnSync('tmux', ['-u', '-f', '/dev/null', '-S', this.#socket, ...args], {
      encoding: 'utf8',
      env: this.#environment,
    });
    if (done.status !== 0) throw new Error(`tmux ${args.join(' ')}: ${done.stderr}${done.error?.message ?? ''}`);
    return done.stdout;
  }

  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-t', 'it', '-x', `${columns}`, '-y', `${rows}`);
  }

  /** Keys by tmux's names: `Enter`, `C-c`, `Down`; anything else is typed. */
  keys(...keys: readonly string[]): void {
    this.#tmux('send-keys', '-t', 'it', ...keys);
  }

  /** Types a command at the shell. */
  command(line: string): void {
    this.#tmux('send-keys', '-t', 'it', '-l', line);
    this.keys('Enter');
  }

  lines(): readonly string[] {
    return this.#tmux('capture-pane', '-p', '-t', 'it').replace(/\n+$/, '').split('\n');
  }

  /** With the escape sequences of colours. */
  coloured(): string {
    return this.#tmux('capture-pane', '-p', '-e', '-t', 'it');
  }

  /** Waits until the screen matches, and returns it. */
  async shows(what: RegExp): Promise<string> {
    try {
      return await until(`the screen to match ${what}`, () => {
        const text = this.lines().join('\n');
        return what.test(text) ? text : undefined;
      });
    } catch (error) {
      throw new Error(`${(error as Error).message}; it shows:\n${this.lines().join('\n')}`);
    }
  }

  /** `alternate`: the program has the screen; `cursor`: it is seen. */
  mode(): { readonly alternate: boolean; readonly cursor: boolean } {
    const [alternate, cursor] = this.#tmux('display-message', '-p', '-t', 'it', '#{alternate_on} #{cursor_flag}')
      .trim()
      .split(' ');
    return { alternate: alternate === '1', cursor: cursor === '1' };
  }

  /** The process that the shell started last and that is in the foreground. */
  shellPid(): number {
    return Number(this.#tmux('display-message', '-p', '-t', 'it', '#{pane_pid}'));
  }

  /** Closes the terminal, as a window that is closed does. */
  close(): void {
    spawnSync('tmux', ['-S', this.#socket, 'kill-server']);
  }
}
