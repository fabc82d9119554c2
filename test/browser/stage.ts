// Opens the console in Debian's Chromium, behind the sandbox's Identity-Aware Proxy, and records everything that the browser reports.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { startWire } from '../support/wire.ts';
import type { Wire, WireOptions } from '../support/wire.ts';

const CHROMIUM = '/usr/bin/chromium';

export const skip =
  existsSync(CHROMIUM) || process.env['CI'] !== undefined
    ? false
    : `skipped, because ${CHROMIUM} is not installed`;

export interface Stage {
  readonly wire: Wire;
  /** Opens the console as this person, and waits for the page's heading. @param search the query of the address */
  openAs(person: string, search?: string, options?: BrowserContextOptions): Promise<OpenPage>;
  close(): Promise<void>;
}

export interface OpenPage {
  readonly page: Page;
  /** Requests of the page, with the bytes of their responses on the wire. */
  readonly requests: readonly SeenRequest[];
  /** Errors and warnings in the browser's console, violations of the page's policy, and uncaught errors. */
  readonly problems: readonly string[];
  /** Fails if there were problems, and closes the page. */
  close(): Promise<void>;
}

export interface SeenRequest {
  readonly url: URL;
  readonly status: number;
  /** The size of the body as transferred. */
  readonly bytes: number;
}

export async function openStage(options: WireOptions = {}): Promise<Stage> {
  const wire = await startWire({ ...options, ownProcess: true, console: true });
  let browser: Browser;
  try {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  } catch (error) {
    await wire.close();
    throw error;
  }
  return {
    wire,
    openAs: (person, search = '', contextOptions = {}) =>
      openPage(browser, wire, { person, search, contextOptions }),
    close: async () => {
      await browser.close();
      await wire.close();
    },
  };
}

async function openPage(
  browser: Browser,
  { sandbox: { contract } }: Wire,
  options: {
    readonly person: string;
    readonly search: string;
    readonly contextOptions: BrowserContextOptions;
  },
): Promise<OpenPage> {
  const context = await browser.newContext(options.contextOptions);
  const page = await context.newPage();
  const problems: string[] = [];
  const requests: SeenRequest[] = [];
  page.on('console', (message) => {
    // The browser reports every failed request, also those that the page handles.
    if (
      ['error', 'warning'].includes(message.type()) &&
      !/^Failed to load resource: .* status of 40[134]/.test(message.text())
    )
      problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('requestfinished', (request) => {
    void Promise.all([request.response(), request.sizes()]).then(
      ([response, { responseBodySize }]) => {
        requests.push({
          url: new URL(request.url()),
          status: response?.status() ?? 0,
          bytes: responseBodySize,
        });
      },
      () => undefined,
    );
  });
  await page.addInitScript(`
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      console.error('policy violation: ' + violatedDirective + ' ' + blockedURI);
    });
  `);
  const email = contract.people[options.person] ?? '';
  const query = new URLSearchParams({ as: email, to: `/${options.search}` });
  await page.goto(`${contract.console}/_gcp_iap/sign-in?${query.toString()}`);
  await page.locator('h1').waitFor();
  return {
    page,
    requests,
    problems,
    close: async () => {
      await context.close();
      assert.deepEqual(problems, []);
    },
  };
}

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** @returns the problems that axe-core calls serious or critical */
export async function accessibilityProblems(page: Page): Promise<readonly string[]> {
  // Added through the debugger, because the page's policy forbids other scripts.
  await page.evaluate(readFileSync(AXE, 'utf8'));
  const found = await page.evaluate<
    readonly { id: string; impact: string | null; nodes: { html: string }[] }[]
  >('axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations)');
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

/** The query of an address in the console. */
export const addressed = (place: Readonly<Record<string, string>>): string =>
  `?${new URLSearchParams(place).toString()}`;
