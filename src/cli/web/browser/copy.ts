/** Buttons that copy a command, and say that they did. */

/** The words of a button change for so long. */
const saidMs = 2500;

/** Read aloud when it changes. */
const status = document.createElement('p');

export function startCopy(): void {
  status.className = 'unseen';
  status.setAttribute('role', 'status');
  document.body.append(status);
  document.documentElement.classList.add('scripted');
  document.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>('button.copy') : null;
    const command = button?.parentElement?.querySelector('code, pre');
    if (button !== null && command !== null && command !== undefined) void copy(command, button);
  });
}

async function copy(command: Element, button: HTMLElement): Promise<void> {
  const isCopied = await toClipboard(command.textContent ?? '');
  // Without a clipboard, as over plain HTTP, the command is marked for the reader's own key.
  if (!isCopied) document.getSelection()?.selectAllChildren(command);
  const words = isCopied ? 'copied' : 'marked: copy it with Ctrl+C';
  button.textContent = words;
  status.textContent = `${words}: ${command.textContent}`;
  setTimeout(() => {
    button.textContent = 'copy';
    status.textContent = '';
  }, saidMs);
}

async function toClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
