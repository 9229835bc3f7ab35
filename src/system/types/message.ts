/** Mails, and what became of sending a message. */

/** The result of one attempt to deliver a message. */
export type Delivery =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** One printable line. */
      readonly reason: string;
      /** Addresses that have not got a mail which others have got; absent: none has got it. */
      readonly remaining?: string;
    };

/** One mail. Addresses as people write them: `Fail Mail <jobs@example.org>`, a local user's name, lists with commas. */
export interface Mail {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** How mail leaves this machine. */
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
      /** Read when a mail is sent; the first line is the password. */
      readonly passwordFile?: string;
    };

export interface Mailer {
  /** Never throws, and answers within 30 s whatever the mail server does. */
  send(mail: Mail): Promise<Delivery>;
}
