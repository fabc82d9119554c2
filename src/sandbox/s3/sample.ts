// What the bucket holds when no directory is shown: small, and enough to see prefixes, pages and awkward keys.
import { createHash } from 'node:crypto';
import { inMemory } from './spool.ts';
import type { Bucket } from './objects.ts';

const SAMPLE: readonly (readonly [key: string, contentType: string, text: string])[] = [
  ['README.txt', 'text/plain', 'A lake for trying Fedbridge. raw/ is as it came, curated/ is fit for use.\n'],
  ['curated/2026/11/orders-by-day.csv', 'text/csv', 'day,orders\n2026-11-01,812\n2026-11-02,790\n'],
  ['curated/daily/summary.json', 'application/json', '{"orders":1602,"returns":17}\n'],
  ['odd keys/a b+c%20&d.txt', 'text/plain', 'A key with a space, a plus, a percent sign and an ampersand.\n'],
  ['odd keys/été/日本.txt', 'text/plain; charset=utf-8', 'A key beyond ASCII: été, 日本.\n'],
  ['raw/private/salaries.csv', 'text/csv', 'name,salary\nAda,120000\nGrace,125000\n'],
  [
    'raw/public/2026/11/events.json',
    'application/json',
    '{"event":"open"}\n{"event":"read"}\n{"event":"close"}\n',
  ],
  ['raw/public/orders.csv', 'text/csv', 'id,item,quantity\n1,lamp,2\n2,desk,1\n3,chair,4\n4,shelf,1\n'],
];

export function putSample(bucket: Bucket): void {
  for (const [key, contentType, text] of SAMPLE) {
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
