/**
 * Requests to a cluster of etcd: the members are tried in turn until one answers or the patience is
 * over. A request that failed is sent again, so each must be one that may be carried out twice.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineTime, Patience, Unreachable } from '../../types/engine.ts';
import { Connections, type Exchange, type Tls } from './exchange.ts';
import type { Answer } from './wire.ts';

export interface EtcdSettings extends Tls {
  /** URLs with scheme and port: `https://etcd1:2379`. At least one. */
  readonly endpoints: readonly string[];
  readonly login?: Login;
  /** Time for one try at one member. */
  readonly tryMs?: number;
}

/** A user of etcd. A login costs etcd 47 ms, so the token is kept for the next program. */
export interface Login {
  readonly user: string;
  readonly password: string;
  readonly token: { read(): string | undefined; write(token: string): void };
}

export type Reply =
  | { readonly is: 'answer'; readonly answer: Answer; readonly time: EngineTime }
  | Refusal
  | Unreachable;

/** etcd has understood the request, and does not carry it out. */
interface Refusal {
  readonly is: 'refused';
  readonly code: number;
  readonly reason: string;
}

/** A partitioned member answers nothing; an election takes 1 to 2.4 s. */
const usualTryMs = 1500;

/** A last try with less time than this is left out. */
const leastMs = 20;

/** Codes of gRPC: the member has no leader or is starting; the token is not known, as after a restart. */
const deadlineExceeded = 4;
const unavailable = 14;
const unauthenticated = 16;
const passing = [deadlineExceeded, unavailable];

export class Gateway {
  readonly #settings: EtcdSettings;
  readonly #connections: Connections;
  readonly #endpoints: string[];
  /** Ids of members, by the endpoint that they answered at. */
  readonly #members = new Map<string, string>();
  #token: string | undefined;

  constructor(settings: EtcdSettings) {
    this.#settings = settings;
    this.#connections = new Connections(tlsOf(settings));
    this.#endpoints = [...settings.endpoints];
    this.#token = settings.login?.token.read();
  }

  close(): void {
    this.#connections.close();
  }

  /** The member that answered last. */
  get last(): string | undefined {
    return this.#members.get(this.#endpoints[0] ?? '');
  }

  /** `unlike`: members that are asked only when no other one answers. */
  async post(path: string, body: object, { patienceMs }: Patience, unlike: readonly string[] = []): Promise<Reply> {
    const untilMs = performance.now() + patienceMs;
    const text = JSON.stringify(body);
    let reason = 'no endpoint';
    for (let round = 0; round === 0 || performance.now() < untilMs; round++) {
      if (round > 0) await sleep(Math.min(50 + Math.random() * 100, Math.max(0, untilMs - performance.now())));
      for (const endpoint of this.#inOrder(unlike)) {
        const leftMs = untilMs - performance.now();
        // Also without patience there is one try; one that can't be answered in time would hide the reason.
        if (round > 0 && leftMs < leastMs) break;
        const reply = await this.#try(endpoint, path, text, leftMs);
        if (reply.is === 'answer') this.#prefer(endpoint);
        if (reply.is !== 'unreachable') return reply;
        reason = `${endpoint}: ${reply.reason}`;
      }
    }
    return { is: 'unreachable', reason };
  }

  async #try(endpoint: string, path: string, body: string, leftMs: number): Promise<Reply> {
    const { login, tryMs = usualTryMs } = this.#settings;
    const timeoutMs = Math.max(1, Math.min(tryMs, leftMs));
    if (login !== undefined && this.#token === undefined) {
      const failure = await this.#logIn(endpoint, login, timeoutMs);
      if (failure !== undefined) return failure;
    }
    const reply = await this.#send(endpoint, path, body, timeoutMs);
    if (reply.is !== 'refused' || reply.code !== unauthenticated || login === undefined) return reply;
    return (await this.#logIn(endpoint, login, timeoutMs)) ?? this.#send(endpoint, path, body, timeoutMs);
  }

  async #logIn(endpoint: string, { user, password, token }: Login, timeoutMs: number): Promise<Reply | undefined> {
    this.#token = undefined;
    const reply = await this.#send(endpoint, 'auth/authenticate', JSON.stringify({ name: user, password }), timeoutMs);
    if (reply.is !== 'answer') return reply;
    this.#token = reply.answer.token;
    if (this.#token === undefined) return { is: 'unreachable', reason: 'no token in the answer to a login' };
    token.write(this.#token);
    return undefined;
  }

  async #send(endpoint: string, path: string, body: string, timeoutMs: number): Promise<Reply> {
    const options = { timeoutMs, ...(this.#token !== undefined && { token: this.#token }) };
    const exchange = await this.#connections.post(new URL(`/v3/${path}`, endpoint), body, options);
    if (exchange.is === 'failed') return { is: 'unreachable', reason: exchange.reason };
    const answer = parse(exchange.body);
    if (answer === undefined)
      return { is: 'unreachable', reason: `answered ${exchange.status}: ${exchange.body.trim().slice(0, 200)}` };
    if (exchange.status !== 200 || answer.error !== undefined) return refusalOf(exchange, answer);
    return { is: 'answer', answer: answer.result ?? answer, time: this.#timeOf(endpoint, exchange, answer) };
  }

  #timeOf(endpoint: string, { dateMs, tookMs }: Extract<Exchange, { is: 'answered' }>, answer: Answer): EngineTime {
    const member = (answer.header ?? answer.result?.header)?.member_id ?? endpoint;
    this.#members.set(endpoint, member);
    // The date is cut to whole seconds, and the answer was half of its way on the way back.
    return { nowMs: (dateMs ?? 0) + 500 + tookMs / 2, errorMs: 500 + tookMs / 2, member };
  }

  #inOrder(unlike: readonly string[]): readonly string[] {
    const isUnlike = (endpoint: string) => unlike.includes(this.#members.get(endpoint) ?? '');
    return [...this.#endpoints.filter((one) => !isUnlike(one)), ...this.#endpoints.filter(isUnlike)];
  }

  #prefer(endpoint: string): void {
    this.#endpoints.splice(this.#endpoints.indexOf(endpoint), 1);
    this.#endpoints.unshift(endpoint);
  }
}

function tlsOf({ ca, cert, key }: EtcdSettings): Tls {
  return { ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) };
}

function parse(body: string): Answer | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Answer) : undefined;
  } catch {
    return undefined;
  }
}

/** The next member is asked if this one can't say. */
function refusalOf({ status }: Extract<Exchange, { is: 'answered' }>, answer: Answer): Reply {
  const details = (typeof answer.error === 'object' ? answer.error : answer) as Answer;
  const reason = details.message ?? String(answer.error ?? `answered ${status}`);
  const { code } = details;
  if (code === undefined || passing.includes(code)) return { is: 'unreachable', reason };
  return { is: 'refused', code, reason };
}
