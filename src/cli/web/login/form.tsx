/** The form in which a reader shows a token. It is all that anyone gets without one. */
import type { JSX } from 'hono/jsx/jsx-runtime';

export interface LoginFormProps {
  readonly action: string;
  /** The seal that this program has given the form. */
  readonly mark: string;
  readonly words: string;
}

export function LoginForm({ action, mark, words }: LoginFormProps): JSX.Element {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <title>Log in</title>
      </head>
      <body>
        <main>
          <h1>Log in</h1>
          <p>{words}</p>
          <form method="post" action={action}>
            <input type="hidden" name="mark" value={mark} />
            <label>
              Token <input type="password" name="token" autocomplete="current-password" required />
            </label>{' '}
            <button type="submit">Log in</button>
          </form>
        </main>
      </body>
    </html>
  );
}
