/** The key `fleet` of the configuration: several hosts with the same job files. */
import { etcd } from './etcd-schema.ts';

const hostName = {
  type: 'string',
  pattern:
    '^(?=.{1,253}\\.?$)[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*\\.?$',
  'x-expected': 'the name of a host',
} as const;

export const fleet = {
  type: 'object',
  description:
    'Pools of hosts that have the same job files. A job names its `pool`, and only hosts of that pool start it. If several configuration files have this key, each of its keys is that of the last file that has it.',
  additionalProperties: false,
  examples: [{ pools: { web: ['web1.example.org', 'web2.example.org'] } }],
  'x-expected': 'a mapping such as {pools: {web: [web1, web2]}}',
  properties: {
    etcd,
    host: {
      ...hostName,
      description:
        'Name of this host in `pools`; without it the name that hostname(1) prints. Upper and lower case are the same, but `web1` and `web1.example.org` are two hosts.',
      examples: ['web1.example.org'],
    },
    pools: {
      type: 'object',
      description:
        'Hosts of each pool. Every host needs the same lists, because each host computes from them which jobs it has. The order counts for jobs with `placement: ordered`.',
      examples: [{ web: ['web1.example.org', 'web2.example.org', 'web3.example.org'] }],
      'x-expected': 'pools, one "NAME: [HOST, HOST]" a line',
      propertyNames: {
        pattern: '^(?!__proto__$)[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$',
        'x-expected': 'a name of letters, digits, "_", "." and "-"',
      },
      additionalProperties: {
        type: 'array',
        items: hostName,
        maxItems: 10_000,
        'x-expected': 'a list of host names',
      },
    },
  },
} as const;
