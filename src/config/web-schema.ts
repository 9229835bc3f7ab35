/** The key `web` of the configuration: how process-control-web is reached. */
import { absolutePath } from '../yaml/schema.ts';

/** One or more names with "/" in front, none of them `.` or `..`. */
export const basePathPattern = '^(?:/(?!\\.{1,2}(?:/|$))[A-Za-z0-9_.~-]{1,64}){1,8}$';

/** A host or an IPv6 address in brackets, and a port. */
export const listenPattern =
  '^(?:[A-Za-z0-9.-]{1,253}|\\[[0-9A-Fa-f:.]{2,45}\\]):(?:0|[1-9]\\d{0,3}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5])$';

const path = { type: 'string', pattern: absolutePath, 'x-expected': 'an absolute path' } as const;

export const web = {
  type: 'object',
  description: 'How process-control-web, the page for browsers, is reached. Its command line wins over these keys.',
  additionalProperties: false,
  examples: [{ base_path: '/jobs', hosts: ['shop.example.org'] }],
  'x-expected': 'a mapping such as {base_path: /jobs}',
  properties: {
    socket: {
      ...path,
      description:
        'Unix socket on which the page answers; without it `web/view.sock` in the run directory, or `/run/process-control-web/view.sock` where systemd starts it.',
      examples: ['/run/process-control-web/view.sock'],
    },
    proxy_socket: {
      ...path,
      description:
        'Unix socket for a proxy that logs readers in, such as nginx. On it every request must have one `X-Remote-User` header; elsewhere that header is refused. Only the proxy may be able to connect to it, so the socket has the group of its directory.',
      examples: ['/run/process-control-web-proxy/view.sock'],
    },
    listen: {
      type: 'string',
      pattern: listenPattern,
      description:
        'Address and port on which the page answers over TCP instead of the Unix socket, unless `socket` is given too. It needs `token_file`: any user of the host can connect to a port, also on loopback. The connection is not encrypted.',
      examples: ['127.0.0.1:8080', '[::1]:8080'],
      'x-expected': 'an address and a port, such as 127.0.0.1:8080',
    },
    token_file: {
      ...path,
      description:
        'File with the tokens that open the page over TCP, one a line, each of at least 32 characters (`openssl rand -hex 32`). Only the user of the page may be able to read it. It is read at each request.',
      examples: ['/etc/process-control-web.tokens'],
    },
    group: {
      type: ['string', 'integer'],
      minimum: 0,
      maximum: 2 ** 32 - 2,
      pattern: '^[A-Za-z0-9_.][A-Za-z0-9_.@-]{0,255}$',
      description:
        'Group whose members may connect to the socket; the program must be in it. Without it the group of the socket’s directory if that is setgid, otherwise that of the program. Who may connect sees all that the page shows.',
      examples: ['adm'],
      'x-expected': 'the name of a group, or a gid',
    },
    base_path: {
      type: 'string',
      pattern: basePathPattern,
      description: 'Path below which the page is, when a proxy gives it only a part of its site. Without it the root.',
      examples: ['/jobs'],
      'x-expected': 'a path such as /jobs, without a slash at its end',
    },
    hosts: {
      type: 'array',
      items: {
        type: 'string',
        pattern:
          '^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$',
        'x-expected': 'the name of a host, without a port',
      },
      description:
        'Names by which browsers reach the page, besides localhost and the name of this host. It refuses requests for any other name, so that no other site can have a browser read it.',
      examples: [['shop.example.org']],
      'x-expected': 'a list of host names',
    },
  },
} as const;
