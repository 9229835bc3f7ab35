/** Routes news to recipients: a channel gets at most one message about an event. */
import type { Channel, Occasion } from '../job/keys/notices.ts';
import type { ChannelNews, News } from './incident.ts';

/** Recipients of failmail, and the failure in a row from which each one is mailed. */
export interface Failmail {
  readonly from: string;
  readonly to: string;
  readonly after: number;
}

/** The most important occasion first; the others are notes in its message. */
const order: readonly Occasion[] = ['failure', 'recovery', 'warning', 'skipped', 'success'];

/** The most important news that the channel asks for. */
export function newsFor({ on }: Channel, news: readonly News[]): ChannelNews | undefined {
  const wanted: readonly (News['is'] | undefined)[] =
    on === undefined ? ['start', 'end'] : order.filter((occasion) => on.includes(occasion));
  return wanted
    .map((occasion) => news.find(({ is }) => is === occasion))
    .find((each): each is ChannelNews => each !== undefined && each.is !== 'failed-run');
}

/** Failures in a row that are to be mailed; `undefined`: no mail is due. */
export function dueFailmail({ after }: Pick<Failmail, 'after'>, news: readonly News[]): number | undefined {
  const failed = news.find((each) => each.is === 'failed-run');
  return failed !== undefined && failed.inARow >= after ? failed.inARow : undefined;
}

/**
 * The name of a channel for logs and listings. It holds no address of a webhook: that is often a
 * secret.
 */
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
  return URL.canParse(url) ? new URL(url).host : 'an invalid address';
}
