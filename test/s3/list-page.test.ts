// The parser for list pages returns the same results as the AWS SDK, however a page is split into chunks. It rejects invalid
// pages and does not block the event loop.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { Fault } from '../../src/errors/fault.ts';
import { readListPage } from '../../src/s3/list-page.ts';
import type { ListPage } from '../../src/s3/list-page.ts';
import { escapeXml } from '../../src/api/responses/document.ts';
import { chunked, responseOf } from '../support/chunked-response.ts';

const LIST = 'ListBucketResult';
const list = (inner: string): string => `<${LIST}>${inner}</${LIST}>`;
const ENCODED = '<EncodingType>url</EncodingType>';

/** Encodes a key as S3 does with `encoding-type=url`. */
const encoded = (key: string): string =>
  encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/');
const decoded = (text = ''): string => decodeURIComponent(text.replaceAll('+', ' '));

async function readBySdk(document: string): Promise<ListPage> {
  const client = new S3Client({
    region: 'us-east-1',
    credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
    requestHandler: {
      handle: () =>
        Promise.resolve({
          response: { statusCode: 200, headers: {}, body: Readable.from([Buffer.from(document)]) },
        }),
    },
  });
  const page = await client.send(new ListObjectsV2Command({ Bucket: 'listed' }));
  return {
    objects: (page.Contents ?? []).map((object) => ({
      key: decoded(object.Key),
      size: object.Size ?? 0,
      lastModified: object.LastModified?.toISOString() ?? '',
      etag: object.ETag ?? '',
      storageClass: object.StorageClass ?? 'STANDARD',
    })),
    prefixes: (page.CommonPrefixes ?? []).map(({ Prefix }) => decoded(Prefix)),
    next: page.NextContinuationToken ?? null,
  };
}

const key = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
const time = fc.date({ min: new Date(0), max: new Date('2999-12-31T23:59:59Z'), noInvalidDate: true });
const contents = fc
  .record({ key, size: fc.nat(), time, etag: key, class: fc.constantFrom('STANDARD', 'GLACIER', undefined) })
  .map((object) =>
    [
      `<Contents>\n  <Key>${escapeXml(encoded(object.key))}</Key>`,
      `<LastModified>${object.time.toISOString()}</LastModified>`,
      `<ETag>&quot;${escapeXml(object.etag.replaceAll(/\s/g, '.'))}&#34;</ETag><Size>${object.size}</Size>`,
      '<Owner><ID>1</ID><DisplayName/></Owner><ChecksumAlgorithm>CRC32</ChecksumAlgorithm>',
      object.class === undefined ? '' : `<StorageClass>${object.class}</StorageClass>`,
      '</Contents>',
    ].join(''),
  );
const prefix = key.map(
  (text) => `<CommonPrefixes><Prefix>${escapeXml(encoded(text))}</Prefix></CommonPrefixes>`,
);
const page = fc
  .tuple(fc.array(contents, { maxLength: 5 }), fc.array(prefix, { maxLength: 5 }), fc.option(key))
  .map(([objects, prefixes, token]) => {
    const next = token === null ? '' : `<NextContinuationToken>${encoded(token)}</NextContinuationToken>`;
    const inner = ['<Name>b</Name><Prefix></Prefix>', ENCODED, ...objects, next, ...prefixes].join('');
    return `<?xml version="1.0" encoding="UTF-8"?>\n<${LIST} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner}</${LIST}>\n`;
  });

const entries = (count: number): string => '<Contents><Key>a</Key></Contents>'.repeat(count);

describe('a listing page', () => {
  it('is parsed as the AWS SDK parses it, however it is split into chunks', async () => {
    const property = fc.asyncProperty(page, fc.integer({ min: 1, max: 300 }), async (document, size) => {
      assert.deepEqual(await readListPage(responseOf(chunked(document, size))), await readBySdk(document));
    });
    await fc.assert(property, { numRuns: 200 });
  });

  it('is parsed one chunk per turn of the event loop', async () => {
    const chunks = chunked(list(entries(1_000)), 4_096);
    const turns: number[] = [];
    let turn = 0;
    const answer = responseOf(chunks);
    const timer = setImmediate(function count() {
      turn += 1;
      next = setImmediate(count);
    });
    let next = timer;
    await readListPage({
      ...answer,
      pipe: (sink) => {
        answer.pipe({
          ...sink,
          write: (chunk) => {
            turns.push(turn);
            return sink.write(chunk);
          },
        });
      },
    });
    clearImmediate(next);
    assert.equal(turns.length, chunks.length);
    assert.equal(new Set(turns).size, chunks.length, 'no turn read two chunks');
  });

  for (const [what, document] of [
    ['an empty body', ''],
    ['an XML document that is not a list', '<Error><Code>SlowDown</Code></Error>'],
    ['plain text', 'no list'],
    ['a truncated list', `<${LIST}><Name>b</Name>`],
    ['a truncated tag', `<${LIST}><Name`],
    ['tags that do not match', list('<Name>b</Nam>')],
    ['tags in the wrong order', '<ListBucketResult><Name></ListBucketResult></Name>'],
    ['a closing tag without an opening tag', `${list('')}</Name>`],
    ['two lists', list('') + list('')],
    ['text after the list', `${list('')}more`],
    ['text between elements', list('text<Name>b</Name>')],
    ['a document type', `<!DOCTYPE a [<!ENTITY b "c">]>${list('')}`],
    ['a CDATA section', list('<Contents><Key><![CDATA[a]]></Key></Contents>')],
    ['a comment', list('<!-- -->')],
    ['deeply nested elements', list('<a>'.repeat(10) + '</a>'.repeat(10))],
    ['a bare ampersand', list('<Name>a & b</Name>')],
    ['an unknown entity', list('<Name>&nbsp;</Name>')],
    ['a size that is not a number', list('<Contents><Size>many</Size></Contents>')],
    ['a negative size', list('<Contents><Size>-1</Size></Contents>')],
    ['an invalid time', list('<Contents><LastModified>yesterday</LastModified></Contents>')],
    ['more entries than the maximum of 1,000', list(entries(1_001))],
    ['endless text', list(`<Name>${'a'.repeat(20_000)}</Name>`)],
  ] as const) {
    it(`is rejected, and its request is aborted, if S3 sends ${what}`, async () => {
      const answer = responseOf(chunked(document, 1_000));
      await assert.rejects(
        readListPage(answer),
        (error) => error instanceof Fault && error.code === 's3_invalid_response',
      );
      assert.ok(answer.isAborted());
    });
  }

  it('is accepted with 1,000 entries, the maximum that S3 returns', async () => {
    assert.equal(
      (await readListPage(responseOf(chunked(list(entries(1_000)), 1_000)))).objects.length,
      1_000,
    );
  });

  it('fails if reading its body fails', async () => {
    const gone = new Error('gone');
    const answer = responseOf([]);
    await assert.rejects(
      readListPage({
        ...answer,
        pipe: (sink) => {
          sink.fail(gone);
        },
      }),
      gone,
    );
  });
});
