/** The addresses of the instances of a service, as clients and proxies read them. */

export const endpointFormats = ['json', 'nginx', 'haproxy'] as const;
export type EndpointFormat = (typeof endpointFormats)[number];

export interface Endpoint {
  readonly instance: number;
  readonly host: string;
  /** The name or IP address by which clients reach the host. */
  readonly address: string;
  readonly ports: Readonly<Record<string, number>>;
  /** The state of the instance, as in `jobctl status`; `up` means that it is healthy. */
  readonly state: string;
}

export interface Endpoints {
  readonly service: string;
  /** Names of the ports in the job file, also while no instance runs. */
  readonly ports: readonly string[];
  readonly instances: readonly Endpoint[];
}

export function endpointsText(endpoints: Endpoints, format: EndpointFormat): string {
  switch (format) {
    case 'json': {
      const { service, instances } = endpoints;
      return `${JSON.stringify({ service, instances })}\n`;
    }
    case 'nginx':
      return perPort(endpoints, nginxUpstream);
    case 'haproxy':
      return perPort(endpoints, haproxyBackend);
    default:
      return format satisfies never;
  }
}

interface Group {
  /** `web_http`: the service and the name of the port. */
  readonly name: string;
  readonly servers: readonly { readonly name: string; readonly at: string; readonly isUp: boolean }[];
}

function perPort({ service, ports, instances }: Endpoints, write: (group: Group) => string): string {
  const groups = ports.map((port) => ({
    name: `${service}_${port}`,
    servers: instances.flatMap((one) => {
      const number = one.ports[port];
      if (number === undefined) return [];
      return [
        { name: `${service}.${one.instance}`, at: `${hostPart(one.address)}:${number}`, isUp: one.state === 'up' },
      ];
    }),
  }));
  return groups.map(write).join('\n');
}

function hostPart(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

/** nginx takes no upstream without a server, so one that is down stands for none. */
function nginxUpstream({ name, servers }: Group): string {
  const lines = servers.map(
    ({ at, isUp, name: instance }) => `    server ${at}${isUp ? '' : ' down'}; # ${instance}\n`,
  );
  const none = '    server 127.0.0.1:9 down; # no instance is up\n';
  return `upstream ${name} {\n${lines.join('') || none}}\n`;
}

function haproxyBackend({ name, servers }: Group): string {
  const lines = servers.map(
    ({ at, isUp, name: instance }) => `    server ${instance} ${at}${isUp ? '' : ' disabled'}\n`,
  );
  return `backend ${name}\n${lines.join('')}`;
}
