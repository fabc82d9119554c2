// The console in a browser: each person of the sandbox browses, sees why a read is denied, and meets keys that try to disguise
// themselves.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { accessibilityProblems, addressed, openStage, skip } from './stage.ts';
import type { OpenPage, Stage } from './stage.ts';

const BUCKET = 'acme-lake';
const HOSTILE = [
  '<script>alert(1)<!-- &amp; -->.txt',
  `"double" and 'single' quotes.txt`,
  '\u202Etxt.exe',
  'bell\u0007, tab\t, line\nbreak.txt',
  // A tag, a Hangul filler and an invisible plus sign have no glyphs.
  'tag\u{E0041}, plus\u2064.txt',
  'filler\u3164.txt',
  'שלום עולם.txt',
  'a+b %2F&c=d;e?f#g.txt',
  '𝒳 𠜎.txt',
  'two  spaces.txt',
  // An emoji of several joined characters.
  '👩\u200D🚀❤\uFE0F.txt',
];

/** Over the wire: the page, its files and its first data. */
const FIRST_LOAD_BYTES = 60 * 1024;

describe('browsing the console', { skip }, () => {
  let stage: Stage;
  before(async () => {
    stage = await openStage();
    for (const key of HOSTILE) await stage.wire.put(`hostile/${key}`, 'x');
    await stage.wire.put('hostile//empty segment/..', 'x');
    await stage.wire.put('sizes/almost 1 MiB', Buffer.alloc(1024 ** 2 - 400));
    for (let i = 0; i < 201; i += 1) await stage.wire.put(`many/${String(i).padStart(4, '0')}`, 'x');
  });
  after(() => stage.close());

  const names = (opened: OpenPage): Promise<readonly string[]> =>
    opened.page.locator('.entries .name').allInnerTexts();
  const heading = (opened: OpenPage): Promise<string> => opened.page.locator('h1').innerText();
  const follow = async (opened: OpenPage, name: string): Promise<void> => {
    await opened.page.getByRole('link', { name, exact: true }).click();
    await opened.page.getByText('Loading…').first().waitFor({ state: 'detached' });
  };

  it('a reader follows the links from the buckets to an object, and goes back with the browser', async () => {
    const opened = await stage.openAs('reader');
    const { page } = opened;
    assert.match(await page.locator('main').innerText(), /get and list in the whole bucket/);
    await follow(opened, BUCKET);
    await page.locator('.entries').waitFor();
    assert.deepEqual(await names(opened), [
      'curated/',
      'hostile/',
      'many/',
      'odd keys/',
      'raw/',
      'sizes/',
      'README.txt',
    ]);
    await follow(opened, 'raw/');
    await follow(opened, 'public/');
    await follow(opened, 'orders.csv');
    await page.getByRole('heading', { name: 'Facts' }).waitFor();
    assert.equal(await heading(opened), 'orders.csv');
    assert.equal(await page.title(), 'acme-lake/raw/public/orders.csv – Fedbridge console');
    assert.match(await page.locator('dl').first().innerText(), /Size\n+55 B[^]*Type\n+text\/csv/);
    await page.goBack();
    await page.locator('.entries').waitFor();
    assert.equal(await heading(opened), 'public');
    await page.getByRole('navigation', { name: 'Breadcrumbs' }).getByRole('link', { name: BUCKET }).click();
    await page.getByRole('link', { name: 'README.txt' }).waitFor();
    await opened.close();
  });

  it('a scoped person sees only the way to their folder, and why they cannot see another one', async () => {
    const opened = await stage.openAs('scoped', addressed({ bucket: BUCKET, prefix: '' }));
    await opened.page.locator('.entries').waitFor();
    assert.deepEqual(await names(opened), ['raw/']);
    await opened.close();
    const denied = await stage.openAs('scoped', addressed({ bucket: BUCKET, prefix: 'raw/private/' }));
    await denied.page.getByRole('heading', { name: 'Why can I not see this?' }).waitFor();
    const notice = denied.page.getByRole('alert');
    await notice.getByText('cover raw/public/, but not this prefix').waitFor();
    assert.deepEqual(await accessibilityProblems(denied.page), []);
    await denied.close();
    const object = await stage.openAs(
      'scoped',
      addressed({ bucket: BUCKET, key: 'raw/private/salaries.csv' }),
    );
    await object.page.getByText('cover raw/public/, but not this key').waitFor();
    await object.close();
  });

  it('a stranger sees no bucket', async () => {
    const opened = await stage.openAs('stranger');
    assert.match(await opened.page.locator('main').innerText(), /You have no grants/);
    assert.match(await opened.page.locator('main').innerText(), /user:stranger@acme\.example/);
    await opened.close();
  });

  it('only an operator sees the page for operators, with the errors of others', async () => {
    const reader = await stage.openAs('reader');
    assert.equal(await reader.page.getByRole('link', { name: 'Operators' }).count(), 0);
    await reader.page.goto(`${stage.wire.sandbox.contract.console}/?view=operators`);
    await reader.page.getByText('You are not allowed to read this').waitFor();
    await reader.close();
    const opened = await stage.openAs('operator');
    await opened.page.getByRole('link', { name: 'Operators' }).click();
    await opened.page.getByText('This instance of the console is ready').waitFor();
    await opened.page.locator('.chart canvas').nth(1).waitFor();
    assert.match(
      await opened.page.locator('.errors').innerText(),
      /not_granted \(403\).*for user:scoped@acme\.example/,
    );
    assert.deepEqual(await accessibilityProblems(opened.page), []);
    await opened.close();
  });

  it('an operator sees the estimated egress of this instance, also without a known price', async () => {
    const reader = await stage.openAs('reader', addressed({ bucket: BUCKET, key: 'README.txt' }));
    await reader.page.getByRole('heading', { name: 'Facts' }).waitFor();
    await reader.page.locator('pre').first().waitFor();
    await reader.close();
    const opened = await stage.openAs('operator', addressed({ view: 'operators' }));
    const egress = opened.page.getByRole('region', { name: 'Estimated egress', exact: true });
    await egress.locator('.shares').first().waitFor();
    const text = await egress.innerText();
    assert.match(
      text,
      /This instance of the console has received [\d.]+ (?:Ki)?B from S3 since .* UTC\. Their price is unknown\./,
    );
    assert.match(text, /What the bridge and other instances of the console have received is not included/);
    assert.match(text, /Bytes by caller; no price is known/);
    assert.match(text, /user:reader@acme\.example\s+unknown\s+[\d.]+ (?:Ki)?B/);
    assert.match(text, /This is an estimate, not a bill/);
    await opened.close();
  });

  it('a person whose session has ended is told to sign in again', async () => {
    const opened = await stage.openAs('reader');
    await opened.page.context().clearCookies();
    await opened.page.getByRole('link', { name: BUCKET }).click();
    await opened.page.getByText('Your session has ended. Reload the page to sign in again.').waitFor();
    await opened.close();
  });

  it('a person is not told to sign in if the console has failed', async () => {
    const opened = await stage.openAs('reader');
    await opened.page.route('**/-/whoami', (route) => route.fulfill({ status: 503 }));
    await opened.page.reload();
    await opened.page.getByText('The request failed with status 503.').waitFor();
    assert.equal(await heading(opened), 'The console is not available');
    // The browser reports the status as an error.
    await opened.page.context().close();
  });

  it('the charts show times in UTC, like the rest of the page', async () => {
    const opened = await stage.openAs('operator', '', { timezoneId: 'Asia/Tokyo' });
    await opened.page.addInitScript(`
      const { prototype } = CanvasRenderingContext2D;
      const { fillText } = prototype;
      globalThis.drawn = [];
      prototype.fillText = function (text, ...rest) {
        drawn.push(text);
        fillText.call(this, text, ...rest);
      };
    `);
    const minute = Math.floor(Date.now() / 60_000);
    await opened.page.goto(`${stage.wire.sandbox.contract.console}/${addressed({ view: 'operators' })}`);
    await opened.page.locator('.chart canvas').nth(1).waitFor();
    const times = (await opened.page.evaluate<readonly string[]>('drawn')).filter((text) =>
      text.includes(':'),
    );
    assert.ok(times.length > 0);
    const lastHour = Array.from({ length: 62 }, (_, ago) =>
      new Date((minute + 1 - ago) * 60_000).toISOString().slice(11, 16),
    );
    assert.deepEqual(
      times.filter((time) => !lastHour.includes(time)),
      [],
    );
    await opened.close();
  });

  it('reports that a part of the page for operators could not be loaded', async () => {
    const opened = await stage.openAs('operator');
    await opened.page.route('**/assets/egress-view-*', (route) => route.fulfill({ status: 404 }));
    await opened.page.getByRole('link', { name: 'Operators' }).click();
    await opened.page.getByText('Part of the console could not be loaded. Reload the page.').waitFor();
    await opened.close();
  });

  it('shows hostile keys as text, and opens each of them', async () => {
    const opened = await stage.openAs('reader', addressed({ bucket: BUCKET, prefix: 'hostile/' }));
    await opened.page.locator('.entries').waitFor();
    const shown = await names(opened);
    assert.deepEqual(
      [...shown].sort(),
      [
        '/',
        HOSTILE[0],
        HOSTILE[1],
        '\\u{202e}txt.exe',
        'bell\\u{7}, tab\\u{9}, line\\u{a}break.txt',
        'tag\\u{e0041}, plus\\u{2064}.txt',
        'filler\\u{3164}.txt',
        ...HOSTILE.slice(6),
      ].sort(),
    );
    assert.deepEqual(await accessibilityProblems(opened.page), []);
    for (const position of shown.keys()) {
      await opened.page.locator('.entries a').nth(position).click();
      if (shown[position] === '/') await opened.page.getByRole('link', { name: 'empty segment/' }).waitFor();
      else
        await opened.page
          .locator('section[aria-labelledby=preview] pre, section[aria-labelledby=preview] p')
          .first()
          .waitFor();
      assert.equal(await opened.page.locator('h1').innerText(), shown[position]);
      const title = `acme-lake/hostile/${shown[position] ?? ''} – Fedbridge console`;
      if (shown[position] !== '/') assert.equal(await opened.page.title(), title.replace(/ +/g, ' '));
      await opened.page.goBack();
      await opened.page.locator('.entries').waitFor();
    }
    await opened.close();
  });

  it('the commands show exactly what they copy', async () => {
    const opened = await stage.openAs('reader', addressed({ bucket: BUCKET, key: 'hostile/\u202Etxt.exe' }), {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await opened.page.getByRole('button', { name: 'Copy AWS CLI' }).click();
    await opened.page.getByText('Copied: AWS CLI.').waitFor();
    const copied = await opened.page.evaluate<string>('navigator.clipboard.readText()');
    assert.equal(
      copied,
      `aws s3 cp --endpoint-url 'https://lake-bridge.example' $'s3://acme-lake/hostile/\\xe2\\x80\\xaetxt.exe' .`,
    );
    assert.ok((await opened.page.locator('.commands code').allInnerTexts()).includes(copied));
    await opened.close();
    for (const [key, uri] of [
      ['two  spaces.txt', 's3://acme-lake/hostile/two  spaces.txt'],
      ['filler\u3164.txt', "$'s3://acme-lake/hostile/filler\\xe3\\x85\\xa4.txt'"],
    ] as const) {
      const other = await stage.openAs('reader', addressed({ bucket: BUCKET, key: `hostile/${key}` }));
      await other.page.getByRole('button', { name: 'Copy AWS CLI' }).waitFor();
      const shown = await other.page.locator('.commands code').allInnerTexts();
      assert.ok(shown.includes(uri), shown.join('\n'));
      await other.close();
    }
  });

  it('the path box opens a folder and an object, and the search looks for a prefix', async () => {
    const opened = await stage.openAs('reader');
    const { page } = opened;
    const path = page.getByLabel('Path of a folder');
    await path.fill('s3://acme-lake/raw/public/');
    await path.press('Enter');
    await page.getByRole('link', { name: 'orders.csv' }).waitFor();
    await page.getByText('S3 searches by prefix only').waitFor();
    const search = page.getByLabel('Names in this folder that begin with');
    await search.fill('ord');
    await search.press('Enter');
    await page.getByText('1 entry.').waitFor();
    assert.deepEqual(await names(opened), ['orders.csv']);
    await page.getByLabel('Path of a folder').fill('acme-lake/raw/public');
    await page.getByLabel('Path of a folder').press('Enter');
    await page.getByRole('link', { name: 'Open this path as a folder' }).click();
    await page.getByRole('link', { name: 'orders.csv' }).waitFor();
    await opened.close();
  });

  it('rounds sizes to a number below 1024', async () => {
    const opened = await stage.openAs('reader', addressed({ bucket: BUCKET, prefix: 'sizes/' }));
    await opened.page.locator('.entries').waitFor();
    assert.match(await opened.page.locator('.entries tbody').innerText(), /1\.0 MiB/);
    await opened.close();
  });

  it('shows a long folder page by page, with one list request per page', async () => {
    const opened = await stage.openAs('reader', addressed({ bucket: BUCKET, prefix: 'many/' }));
    await opened.page.getByText('200 entries on this page. There are more.').waitFor();
    await opened.page.getByRole('link', { name: 'Next page' }).click();
    await opened.page.getByText('1 entry on this page, the last one.').waitFor();
    assert.deepEqual(await names(opened), ['0200']);
    assert.equal(opened.requests.filter(({ url }) => url.pathname === '/-/objects').length, 2);
    await opened.close();
  });

  it('can be used with the keyboard only', async () => {
    const opened = await stage.openAs('reader');
    const { page } = opened;
    const focused = (): Promise<string> => page.evaluate<string>('document.activeElement.innerText');
    const tabTo = async (text: string): Promise<void> => {
      for (let i = 0; i < 30 && (await focused()) !== text; i += 1) await page.keyboard.press('Tab');
      assert.equal(await focused(), text);
    };
    await tabTo(BUCKET);
    await page.keyboard.press('Enter');
    await page.locator('.entries').waitFor();
    assert.equal(await focused(), BUCKET, 'the heading has the focus');
    await tabTo('README.txt');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Copy curl' }).waitFor();
    await tabTo('Copy');
    await opened.close();
  });

  for (const colorScheme of ['light', 'dark'] as const)
    it(`fits a phone in ${colorScheme} mode, without accessibility problems`, async () => {
      for (const search of [
        '',
        addressed({ bucket: BUCKET, prefix: 'hostile/' }),
        addressed({ bucket: BUCKET, key: 'raw/public/orders.csv' }),
      ]) {
        const viewport = { width: 390, height: 844 };
        const opened = await stage.openAs('reader', search, { viewport, colorScheme });
        await opened.page.getByText('Loading…').first().waitFor({ state: 'detached' });
        assert.equal(await opened.page.evaluate<number>('document.documentElement.scrollWidth'), 390);
        assert.deepEqual(await accessibilityProblems(opened.page), []);
        await opened.close();
      }
    });

  it('loads at most 60 KiB at first, and nothing but its own files and data', async () => {
    const opened = await stage.openAs('reader');
    await opened.page.waitForLoadState('networkidle');
    const own = opened.requests.filter(({ url }) => !url.pathname.startsWith('/_gcp_iap/'));
    assert.deepEqual([...new Set(own.map(({ url }) => url.origin))], [stage.wire.sandbox.contract.console]);
    const bytes = own.reduce((sum, request) => sum + request.bytes, 0);
    assert.ok(
      own.length >= 4 && bytes > 5_000 && bytes <= FIRST_LOAD_BYTES,
      `${bytes} bytes in ${own.length} requests`,
    );
    await opened.close();
  });

  it('no token, no assertion and no cookie can be read by the page', async () => {
    const opened = await stage.openAs('reader', addressed({ bucket: BUCKET, prefix: '' }));
    await opened.page.locator('.entries').waitFor();
    const readable = await opened.page.evaluate<string>(
      'document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + document.documentElement.outerHTML',
    );
    assert.doesNotMatch(readable, /eyJ/);
    assert.equal(await opened.page.evaluate('document.cookie'), '');
    await opened.close();
  });
});
