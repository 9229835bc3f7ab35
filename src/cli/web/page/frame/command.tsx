/** A command to type, with a button that copies it. Without script there is no button, and the command is marked as any text. */
export function Command({ text, isBlock = false }: { readonly text: string; readonly isBlock?: boolean }) {
  return (
    <span class="command">
      {isBlock ? <pre class="words">{text}</pre> : <code>{text}</code>}{' '}
      <button type="button" class="copy">
        copy
      </button>
    </span>
  );
}
