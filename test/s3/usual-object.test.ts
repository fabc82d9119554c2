// The fast path for list entries reads the formats that AWS and MinIO write, and always gives the same result as the strict
// reader.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Fault } from '../../src/errors/fault.ts';
import { readListPage } from '../../src/s3/list-page.ts';
import { usualObject } from '../../src/s3/usual-object.ts';
import { chunked, responseOf } from '../support/chunked-response.ts';

const TIME = '2026-11-01T12:00:00.000Z';
const AWS =
  `<Contents><Key>a/b</Key><LastModified>${TIME}</LastModified><ETag>&quot;9e10-2&quot;</ETag>` +
  '<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType><Size>12</Size>' +
  '<StorageClass>GLACIER</StorageClass></Contents>';
const AWS_WITHOUT_CHECKSUM = AWS.replace(/<Checksum.*(?=<Size>)/, '');
const MINIO = AWS_WITHOUT_CHECKSUM.replaceAll('&quot;', '&#34;');
const USUAL = { AWS, 'AWS without a checksum': AWS_WITHOUT_CHECKSUM, MinIO: MINIO };

/** Chunks of 100 bytes are shorter than any entry in the usual format, so that the strict reader parses every entry. */
const STRICT_CHUNK = 100;

/** @returns the page, or the reason why it was rejected */
async function outcomeOf(document: string, chunkBytes: number): Promise<unknown> {
  try {
    return await readListPage(responseOf(chunked(document, chunkBytes)));
  } catch (error) {
    assert.ok(error instanceof Fault, String(error));
    return error.cause;
  }
}

async function assertReadStrictly(document: string): Promise<void> {
  const strict = await outcomeOf(document, STRICT_CHUNK);
  for (const chunkBytes of [301, 64 * 1024]) assert.deepEqual(await outcomeOf(document, chunkBytes), strict);
}

const list = (inner: string): string => `<ListBucketResult>${inner}</ListBucketResult>`;

/** Pieces of text that can change a document's meaning or make it invalid when they are inserted into it. */
const PIECES = [
  '< > / & ; " % + 0 - \0 \ufeff é 😀 %2F %FF &amp; &quot; &#34; &#0; &#x110000; &nbsp; <![CDATA[a]]> <?a?>',
  '<Key> </Key> <Contents> </Contents> <Size>1</Size> <Owner><ID>1</ID></Owner> <a/> </ListBucketResult>',
  `9999999999999999 2026-11-01T12:00:00Z ${TIME} ${AWS}`,
]
  .flatMap((pieces) => pieces.split(' '))
  .concat('', ' ', '\n', '<a b="c"/>', '<!-- -->');
const field = (usual: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 9, arbitrary: usual }, fc.constantFrom(...PIECES));
const key = fc.oneof(
  fc.string({ maxLength: 20 }).map((text) => encodeURIComponent(text)),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
);
const object = fc
  .record({
    form: fc.constantFrom(...Object.values(USUAL)),
    key: field(key),
    time: field(fc.constant(TIME)),
    etag: field(fc.constant('9e10-2')),
    checksum: field(fc.constant('SHA256')),
    size: field(fc.maxSafeNat().map((size) => String(size).slice(-15))),
    storageClass: field(fc.constant('STANDARD')),
  })
  .map(({ form, ...fields }) =>
    form
      .replace('a/b', () => fields.key)
      .replace(TIME, () => fields.time)
      .replace('9e10-2', () => fields.etag)
      .replace('CRC64NVME', () => fields.checksum)
      .replace('>12<', () => `>${fields.size}<`)
      .replace('GLACIER', () => fields.storageClass),
  );
const element = fc.oneof(
  { weight: 4, arbitrary: object },
  fc.constantFrom(
    '<EncodingType>url</EncodingType>',
    '<NextContinuationToken>n</NextContinuationToken>',
    '<CommonPrefixes><Prefix>p%2F</Prefix></CommonPrefixes>',
    '<Contents><Key>only</Key></Contents>',
    '<Contents/>',
    // This `Contents` is nested too deeply to be an entry, but the strict reader adds its fields to the next entry.
    '<Other><Contents><Key>inner</Key></Contents></Other>',
    'text',
  ),
);
const document = fc.array(element, { maxLength: 4 }).map((elements) => list(elements.join('')));

const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  dropped: fc.nat({ max: 12 }),
  piece: fc.constantFrom(...PIECES),
});
const edited = fc.tuple(document, fc.array(edit, { minLength: 1, maxLength: 3 })).map(([text, edits]) =>
  edits.reduce((sofar, { at, dropped, piece }) => {
    const from = Math.round(at * sofar.length);
    return sofar.slice(0, from) + piece + sofar.slice(from + dropped);
  }, text),
);

describe('a listing entry in the usual format', () => {
  for (const [server, text] of Object.entries(USUAL)) {
    it(`is read by the fast path if it comes from ${server}`, () => {
      assert.deepEqual(
        usualObject(`<a/>${text}<b/>`, 4, (name) => name.toUpperCase()),
        {
          object: { key: 'A/B', size: 12, lastModified: TIME, etag: '"9e10-2"', storageClass: 'GLACIER' },
          end: 4 + text.length,
        },
      );
    });
  }

  it('is passed to the strict reader if it is truncated at any point', () => {
    for (let length = 0; length < AWS.length; length += 1)
      assert.equal(
        usualObject(AWS.slice(0, length), 0, (name) => name),
        undefined,
      );
  });

  it('produces the same page or error as the strict reader', async () => {
    await fc.assert(fc.asyncProperty(document, assertReadStrictly), { numRuns: 2_000 });
  });

  it('produces the same page or error as the strict reader after arbitrary edits', async () => {
    await fc.assert(fc.asyncProperty(edited, assertReadStrictly), { numRuns: 2_000 });
  });

  it('produces the same error as the strict reader if the document is truncated', async () => {
    const text = list(`<EncodingType>url</EncodingType>${AWS}${MINIO}`);
    for (let length = 0; length < text.length; length += 1) await assertReadStrictly(text.slice(0, length));
  });

  it('counts toward the maximum number of entries in a page', async () => {
    for (const text of [
      AWS.repeat(1_000),
      AWS.repeat(1_001),
      `${AWS.repeat(500)}<Contents/>${AWS.repeat(500)}`,
    ])
      await assertReadStrictly(list(text));
  });
});
