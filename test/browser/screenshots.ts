// `node test/browser/screenshots.ts`: writes the screenshots of docs/how-to/console.md, in the width of a desktop and of a phone.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { smallParquet } from './parquet-files.ts';
import { addressed, openStage } from './stage.ts';

const DIRECTORY = join(import.meta.dirname, '../../docs/how-to/images');
const BUCKET = 'acme-lake';

/** Enough colors for text, and a tenth of the size of a screenshot in full color. */
const COLORS = '64';

const SHOTS = [
  { name: 'folder', person: 'reader', place: { bucket: BUCKET, prefix: '' }, ready: '.entries' },
  {
    name: 'parquet',
    person: 'reader',
    place: { bucket: BUCKET, key: 'curated/2026/11/sales.parquet' },
    ready: '[aria-label="Row groups"]',
  },
  {
    name: 'denied',
    person: 'scoped',
    place: { bucket: BUCKET, key: 'raw/private/salaries.csv' },
    ready: '#denied',
  },
] as const;

const WIDTHS = [
  { suffix: '1280', viewport: { width: 1280, height: 800 } },
  { suffix: '390', viewport: { width: 390, height: 800 } },
] as const;

mkdirSync(DIRECTORY, { recursive: true });
const stage = await openStage();
try {
  await stage.wire.put('curated/2026/11/sales.parquet', smallParquet());
  for (const { name, person, place, ready } of SHOTS)
    for (const { suffix, viewport } of WIDTHS) {
      const { page, close } = await stage.openAs(person, addressed(place), { viewport });
      await page.locator(ready).waitFor();
      const path = join(DIRECTORY, `console-${name}-${suffix}.png`);
      await page.screenshot({ path });
      await close();
      execFileSync('pngquant', ['--force', '--strip', '--output', path, COLORS, path]);
    }
} finally {
  await stage.close();
}
