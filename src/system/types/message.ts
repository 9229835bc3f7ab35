/** Mails, the route on which they leave this host, and the result of a delivery. */

/** The result of one attempt to deliver a message. */
export type Delivery =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** One printable line. */
      readonly reason: string;
      /** The addresses that still need the mail when others have it; absent when none has it. */
      readonly remaining?: string;
    };

/**
 * One mail. Addresses as people write them: `Fail Mail <jobs@example.org>`, a local user's name,
 * lists with commas.
 */
export interface Mail {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** The way in which mail leaves this host. */
export type MailRoute =
  | { readonly by: 'sendmail'; readonly path: string }
  | {
      readonly by: 'smtp';
      readonly host: string;
      /** Default: 465 when `secure`, 587 with a `user`, else 25. */
      readonly port?: number;
      /** TLS from the first byte, certificate verified. */
      readonly secure?: boolean;
      readonly user?: string;
      /** A file whose first line is the password. It is read when a mail is sent. */
      readonly passwordFile?: string;
    };

export interface Mailer {
  /** Never throws, and resolves within 30 s whatever the mail server does. */
  send(mail: Mail): Promise<Delivery>;
}
