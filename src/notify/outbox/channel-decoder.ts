/** Decodes a channel that was read from the queue or the outbox. */
import type { Address, Channel, Occasion } from '../../job/keys/notices.ts';
import { type Decoder, list, oneOf, optional, shape, tagged, text } from '../../text/decode.ts';

type ChannelOf<K extends Channel['kind']> = Extract<Channel, { readonly kind: K }>;
type HttpChannel = Extract<Channel, { readonly address: Address }>;

const address: Decoder<Address> = (value) =>
  shape<{ readonly url: string }>({ url: text })(value) ??
  shape<{ readonly urlFile: string }>({ urlFile: text })(value);

const words: Decoder<readonly [string, ...string[]]> = (value) => {
  const [first, ...rest] = list(text)(value) ?? [];
  return first === undefined ? undefined : [first, ...rest];
};

const on = optional(list(oneOf<Occasion>('failure', 'recovery', 'success', 'skipped', 'warning')));

const http = shape<HttpChannel>({
  kind: oneOf('webhook', 'ping'),
  address,
  passwordFile: optional(text),
  on,
});

export const channel: Decoder<Channel> = tagged<Channel, 'kind'>('kind', {
  mail: shape<ChannelOf<'mail'>>({ kind: oneOf('mail'), to: text, on }),
  webhook: http as Decoder<never>,
  ping: http as Decoder<never>,
  command: shape<ChannelOf<'command'>>({ kind: oneOf('command'), words, on }),
});
