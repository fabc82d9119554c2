// A few small sample objects for a bucket, with nested prefixes and unusual keys.
import { createHash } from 'node:crypto';
import { inMemory } from './spool.ts';
import type { Bucket } from './objects.ts';

const SAMPLE: readonly (readonly [key: string, contentType: string, text: string])[] = [
  [
    'README.txt',
    'text/plain',
    'A sample data lake for Fedbridge. raw/ contains source data, curated/ contains reports.\n',
  ],
  ['curated/2026/11/orders-by-day.csv', 'text/csv', 'day,orders\n2026-11-01,812\n2026-11-02,790\n'],
  ['curated/daily/summary.json', 'application/json', '{"orders":1602,"returns":17}\n'],
  [
    'odd keys/a b+c%20&d.txt',
    'text/plain',
    'The key of this object contains a space, a plus sign, a percent sign and an ampersand.\n',
  ],
  [
    'odd keys/été/日本.txt',
    'text/plain; charset=utf-8',
    'The key of this object contains non-ASCII characters: été, 日本.\n',
  ],
  ['raw/private/salaries.csv', 'text/csv', 'name,salary\nAda,120000\nGrace,125000\n'],
  [
    'raw/public/2026/11/events.json',
    'application/json',
    '{"event":"open"}\n{"event":"read"}\n{"event":"close"}\n',
  ],
  ['raw/public/orders.csv', 'text/csv', 'id,item,quantity\n1,lamp,2\n2,desk,1\n3,chair,4\n4,shelf,1\n'],
];

export const SAMPLE_KEYS: readonly string[] = SAMPLE.map(([key]) => key);

/** Puts an object for each key. If the sample contains no text for a key, the object contains a single line of text. */
export function putSamples(bucket: Bucket, keys: readonly string[]): void {
  for (const key of keys) {
    const [, contentType = 'text/plain', text = 'Hello from the sandbox.\n'] =
      SAMPLE.find(([name]) => name === key) ?? [];
    const bytes = Buffer.from(text);
    bucket.writer?.put({
      key,
      size: bytes.length,
      etag: `"${createHash('md5').update(bytes).digest('hex')}"`,
      modified: bucket.created,
      headers: { 'content-type': contentType },
      tags: [],
      checksums: {},
      ...inMemory(bytes),
    });
  }
}
