/** Decides which channel hears which telling: at most one message for a channel and an event, the one that matters most. */
import type { Channel, Occasion } from '../job/keys/notices.ts';
import type { Telling } from './incident.ts';

/** First what matters most; the others then stand in the message as notes. */
const order: readonly Occasion[] = ['failure', 'recovery', 'warning', 'skipped', 'success'];

export function heardBy(channel: Channel, tellings: readonly Telling[]): Telling | undefined {
  const { on } = channel;
  if (on === undefined) return tellings.find(({ is }) => is === 'start' || is === 'end');
  const asked = order.filter((occasion) => on.includes(occasion));
  for (const occasion of asked) {
    const telling = tellings.find(({ is }) => is === occasion);
    if (telling !== undefined) return telling;
  }
  return undefined;
}

/** A channel as it may be named anywhere: never its address, which is a secret as often as not. */
export function channelName(channel: Channel): string {
  switch (channel.kind) {
    case 'mail':
      return `mail to ${channel.to}`;
    case 'command':
      return `command ${channel.words[0]}`;
    case 'webhook':
    case 'ping':
      return `${channel.kind} ${'url' in channel.address ? `at ${hostOf(channel.address.url)}` : `of ${channel.address.urlFile}`}`;
    default:
      return channel satisfies never;
  }
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'an address that is none';
}
