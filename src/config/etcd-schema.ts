/** The key `fleet.etcd` of the configuration: the store in which hosts agree who starts what. */
import { absolutePath, oneLine } from '../yaml/schema.ts';

const path = { type: 'string', pattern: absolutePath, 'x-expected': 'an absolute path' } as const;

/** Scheme, host or IPv6 address in brackets, and port. */
const endpointPattern =
  '^https?://(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|\\[[0-9A-Fa-f:.]{2,45}\\]):(?:[1-9]\\d{0,3}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5])/?$';

export const etcd = {
  type: 'object',
  description:
    'Cluster of etcd (3.4 or later) in which the hosts of the pools agree who starts what. Without it each host computes from `fleet.pools` alone which jobs are its own. Every host needs the same cluster and the same `prefix`.',
  additionalProperties: false,
  required: ['endpoints'],
  examples: [{ endpoints: ['https://etcd1:2379', 'https://etcd2:2379', 'https://etcd3:2379'] }],
  'x-expected': 'a mapping with "endpoints"',
  properties: {
    endpoints: {
      type: 'array',
      minItems: 1,
      maxItems: 16,
      items: { type: 'string', pattern: endpointPattern, 'x-expected': 'a URL such as https://etcd1:2379' },
      description: 'Members of the cluster. Each is tried in turn until one answers.',
      examples: [['https://etcd1:2379', 'https://etcd2:2379', 'https://etcd3:2379']],
      'x-expected': 'a list of URLs such as [https://etcd1:2379]',
    },
    ca_file: {
      ...path,
      description:
        'Certificates (PEM) of the authority that has signed those of etcd. Without it the authorities that Node.js trusts.',
      examples: ['/etc/process-control-etcd/ca.pem'],
    },
    cert_file: {
      ...path,
      description:
        'Certificate (PEM) of this host, where etcd asks for one. Where etcd has users it must have no common name.',
      examples: ['/etc/process-control-etcd/host.pem'],
    },
    key_file: {
      ...path,
      description: 'Private key (PEM) of `cert_file`. The service user must be able to read it, other users must not.',
      examples: ['/etc/process-control-etcd/host.key'],
    },
    user: {
      type: 'string',
      pattern: oneLine(255),
      description:
        'User of etcd. A role that may read and write the keys below `prefix` is enough. The password is sent only by https, or to this host itself.',
      'x-expected': 'one line of text',
    },
    password_file: {
      ...path,
      description:
        'File with the password of `user` in its first line. The service user must be able to read it, other users must not.',
      examples: ['/etc/process-control-etcd/password'],
    },
    prefix: {
      type: 'string',
      pattern: '^/(?:[A-Za-z0-9_.-]{1,100}/){1,8}$',
      default: '/process-control/',
      description:
        'Beginning of the names of all keys, so that several fleets can share one etcd. After etcd was restored from a backup, use a new one: the backup does not know which ticks were started since.',
      examples: ['/process-control/shop/'],
      'x-expected': 'names between slashes, such as /process-control/',
    },
  },
} as const;
