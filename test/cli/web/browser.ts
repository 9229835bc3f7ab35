/** Debian's Chromium over the page of a scene, which a real server answers. */
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { pageServer } from '../../../src/cli/web/server.ts';
import type { WebScene } from './web-scene.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((file) => existsSync(file));

/** The reason to skip a test, for node:test. */
export const noBrowser = executablePath === undefined ? 'needs Chromium: apt-get install chromium' : false;

export interface Watched {
  readonly page: Page;
  /** Everything that the browser has complained of, and requests to other origins. */
  readonly complaints: readonly string[];
}

export interface ShownPage {
  readonly origin: string;
  /** A page of its own context; the viewport is that of a desk unless `options` say otherwise. */
  open(options?: BrowserContextOptions): Promise<Watched>;
  close(): Promise<void>;
}

export async function showInBrowser({ routes }: WebScene): Promise<ShownPage> {
  const server = pageServer(routes, { door: 'socket', hosts: ['127.0.0.1'], loginPath: '/login' });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // Chromium's own sandbox does not work as root.
  const args = process.geteuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser: Browser = await chromium.launch({ args, ...(executablePath !== undefined && { executablePath }) });
  return {
    origin,
    async open(options = {}) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, baseURL: origin, ...options });
      // A busy machine may take long; only a page that never answers is wrong.
      context.setDefaultTimeout(180_000);
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('dialog', (dialog) => {
        complaints.push(`dialog: ${dialog.message()}`);
        void dialog.dismiss();
      });
      page.on('request', (request) => request.url().startsWith(origin) || complaints.push(`asks ${request.url()}`));
      return { page, complaints };
    },
    async close() {
      await browser.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
