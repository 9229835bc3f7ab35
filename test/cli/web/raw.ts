/** Requests as bytes, because an HTTP client would tidy them up. */
import { connect, type NetConnectOpts } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Sends these lines, and reads until the other side ends the connection. Status 0: it said nothing. */
export function send(to: NetConnectOpts, lines: readonly string[], body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const connection = connect(to, () => connection.write(`${lines.join('\r\n')}\r\n\r\n${body}`));
    connection.on('data', (chunk) => chunks.push(chunk));
    connection.on('error', reject);
    connection.on('close', () => {
      const text = Buffer.concat(chunks).toString();
      const [head = '', rest = ''] = text.split(/\r\n\r\n(.*)/s);
      resolve({ status: Number(head.split(' ')[1] ?? 0), head, body: rest });
    });
  });
}

/** The lines of a GET that a browser on this host would send, with more headers. */
export function getLines(target: string, ...headers: readonly string[]): readonly string[] {
  return [`GET ${target} HTTP/1.1`, 'Host: localhost:8080', 'Connection: close', ...headers];
}
