// The console in a browser, with a prefix of a million keys and a Parquet file of 1 GiB: neither makes it read more.
import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { startStandIn } from '../support/stand-in.ts';
import type { WireOptions } from '../support/wire.ts';
import { writeSparseParquet } from './parquet-files.ts';
import { addressed, openStage, skip } from './stage.ts';

const KEYS = 1_000_000;
const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

describe('large prefixes and objects', { skip }, () => {
  it('shows the first page of a million keys after one list request', async () => {
    const s3 = await startStandIn((request, response) => {
      const query = new URL(request.url ?? '', 'http://s3.invalid').searchParams;
      response.setHeader('content-type', 'application/xml').end(listPage(Number(query.get('max-keys'))));
    });
    const stage = await openStage({ config: readerAt(s3.origin) });
    try {
      const opened = await stage.openAs('reader', addressed({ bucket: 'acme-lake', prefix: 'million/' }));
      await opened.page.getByText('200 entries on this page. There are more.').waitFor();
      assert.equal(await opened.page.locator('.entries tbody tr').count(), 200);
      assert.equal(s3.asked.length, 1);
      await opened.close();
    } finally {
      await stage.close();
      s3.close();
    }
  });

  it('offers the next page if a page has no entries', async () => {
    const s3 = await startStandIn((request, response) => {
      const query = new URL(request.url ?? '', 'http://s3.invalid').searchParams;
      const isFirst = !query.has('continuation-token');
      response.setHeader('content-type', 'application/xml').end(listPage(isFirst ? 0 : 1));
    });
    const stage = await openStage({ config: readerAt(s3.origin) });
    try {
      const opened = await stage.openAs('reader', addressed({ bucket: 'acme-lake', prefix: 'million/' }));
      await opened.page.getByText('0 entries on this page. There are more.').waitFor();
      await opened.page.getByRole('link', { name: 'Next page' }).click();
      await opened.page.getByText('1 entry on this page. There are more.').waitFor();
      await opened.close();
    } finally {
      await stage.close();
      s3.close();
    }
  });

  it('previews a Parquet file of 1 GiB with at most 4 range requests and 2 MiB', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'fedbridge-parquet-'));
    const path = join(directory, 'large.parquet');
    await writeSparseParquet(path, GIB);
    assert.equal((await stat(path)).size, GIB);
    const stage = await openStage({ sandbox: { dir: directory } });
    try {
      const opened = await stage.openAs('reader', addressed({ bucket: 'acme-lake', key: 'large.parquet' }));
      const { page } = opened;
      await page.getByText('40,000 rows in 1 row group, 4 columns').waitFor();
      const header = page.locator('[aria-label="First rows"] th');
      assert.deepEqual(await header.allInnerTexts(), ['text1', 'text2']);
      assert.equal(await page.locator('[aria-label="First rows"] tbody tr').count(), 50);
      const ranges = (): readonly number[] =>
        opened.requests
          .filter(({ url, status }) => url.pathname === '/-/object' && status === 206)
          .map(({ bytes }) => bytes);
      assert.ok(ranges().length >= 2 && ranges().length <= 4, `${ranges().length} requests`);
      const bytes = ranges().reduce((sum, each) => sum + each, 0);
      assert.ok(bytes > 0 && bytes <= 2 * MIB, `${bytes} bytes`);
      const more = page.getByRole('button', { name: 'Load more columns' });
      await page.route(/\/-\/object/, (route) => route.fulfill({ status: 404 }), { times: 1 });
      await more.click();
      const notice = page.getByRole('alert');
      await notice.waitFor();
      await more.click();
      await header.nth(3).waitFor();
      assert.deepEqual(await header.allInnerTexts(), ['text1', 'text2', 'text3', 'text4']);
      assert.equal(await notice.count(), 0, 'the error of the first attempt is gone');
      await opened.close();
    } finally {
      await stage.close();
      await rm(directory, { recursive: true, force: true });
    }
  });
});

/** A configuration in which the reader may read a bucket at this S3 endpoint. */
const readerAt =
  (endpoint: string): NonNullable<WireOptions['config']> =>
  ({ audience, consoleAudience, role, people }) => `
audience: ${audience}
aws: { region: eu-west-1 }
roles: { lake: { arn: "${role}" } }
buckets: { acme-lake: { role: lake, endpoint: "${endpoint}" } }
grants:
  - { callers: ["user:${people['reader'] ?? ''}"], allow: [get, list], bucket: acme-lake }
console: { audience: "${consoleAudience}" }`;

/** The first page of a million keys, in S3's XML. */
function listPage(size: number): string {
  const keys = Array.from(
    { length: Math.min(size, KEYS) },
    (_, index) => `million/${String(index).padStart(7, '0')}`,
  );
  const contents = keys.map(
    (key) =>
      `<Contents><Key>${key}</Key><LastModified>2026-11-01T12:00:00.000Z</LastModified><ETag>&quot;0&quot;</ETag>` +
      `<Size>1</Size><StorageClass>STANDARD</StorageClass></Contents>`,
  );
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
    `<Name>acme-lake</Name><Prefix>million/</Prefix><Delimiter>/</Delimiter><KeyCount>${keys.length}</KeyCount>` +
    `<MaxKeys>${size}</MaxKeys><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>` +
    `<NextContinuationToken>next</NextContinuationToken>${contents.join('')}</ListBucketResult>`
  );
}
