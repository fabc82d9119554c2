// However a caller encodes dots and slashes, the key in the request to S3 starts with exactly the granted prefix, and no path
// parser resolves the key to a path outside the prefix.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { rawExchange } from '../support/raw-exchange.ts';
import { emailOf, startMarkedLake } from './marked-lake.ts';
import type { MarkedLake } from './marked-lake.ts';

const DOTS = [
  '..',
  '%2e%2e',
  '%2E%2E',
  '.%2e',
  '%2e.',
  '%252e%252e',
  '%25252e',
  '%c0%ae%c0%ae',
  '%e0%80%ae',
  '%uff0e',
  '%ef%bc%8e%ef%bc%8e',
  '..;',
  '..;a=b',
  '..%00',
  '..%20',
  '..%09',
];
const SLASHES = [
  '/',
  '//',
  '%2f',
  '%2F',
  '%5c',
  '\\',
  '%255c',
  '%c0%af',
  '%c1%9c',
  '%ef%bc%8f',
  '/./',
  '/;/',
  '/%2e/',
];

const ASIDE = [
  '/acme-lake/RAW/public/x',
  '/acme-lake/raw/Public/x',
  '/acme-lake/raw/public',
  '/acme-lake/raw/public%00/x',
  '/acme-lake/raw//public/x',
  '/acme-lake//raw/public/x',
  '/acme-lake/./raw/public/x',
  '/acme-lake/raw/./public/x',
  '/acme-lake/%2fraw/public/x',
  '/acme-lake/raw%252fpublic/x',
  '/acme-lake/raw%5cpublic%5cx',
  '/acme-lake/raw;/public/x',
  '/acme-lake/raw/public;/x',
  '/acme-lake/raw/public%20/x',
  '/acme-lake/raw/publi%63',
  '/acme-lake%2fraw/public/x',
  '/acme-lake%2Fraw%2Fpublic%2Fx',
  '/other%2f..%2facme-lake/raw/public/x',
  '/other/../acme-lake/raw/public/x',
  '/acme-lake;/raw/public/x',
  '/acme-lake%00/raw/public/x',
  '/ACME-LAKE/raw/public/x',
  '/./acme-lake/raw/public/x',
  '/%61cme-lake/raw/public/x',
  '/acme-lake.',
  '/acme-lake./raw/public/x',
  '/acme-lake%20/raw/public/x',
  '/-/../acme-lake/raw/private/x',
  '/-/object/../../acme-lake/x',
  '/-/object?bucket=acme-lake&key=raw/public/&key=raw/private/x',
  '/-/object?bucket=acme-lake&key=../x',
  '/-/object?bucket=other&bucket=acme-lake&key=x',
  '/acme-lake?prefix=raw/public/&prefix=',
  '/acme-lake?list-type=2&prefix=raw/public',
  '/acme-lake?list-type=2&PREFIX=raw/public/',
  '/acme-lake?list-type=2',
  '/acme-lake?list-type=2&prefix=raw/public%00/',
  '/acme-lake?list-type=2&prefix=/raw/public/',
  '/acme-lake/?prefix=raw%2Fprivate%2F',
];

describe('a caller with access to raw/public/', () => {
  let lake: MarkedLake;
  let authorization: string;
  before(async () => {
    lake = await startMarkedLake({
      buckets: ['acme-lake', 'other'],
      grants: [`callers: [${emailOf('scoped')}], allow: [get, list], bucket: acme-lake, prefix: raw/public/`],
      answer: (_, response) => response.end('<ListBucketResult/>'),
    });
    authorization = `Authorization: Bearer ${lake.tokenOf('scoped')}`;
  });
  after(() => lake.close());

  const ask = async (target: string): Promise<readonly [status: string, asked: readonly string[]]> => {
    const before = lake.s3.asked.length;
    const bytes = `GET ${target} HTTP/1.1\r\nHost: b\r\n${authorization}\r\nConnection: close\r\n\r\n`;
    const reply = await rawExchange(lake.wire.bridge.url, bytes);
    return [
      /^HTTP\/1\.1 (\d{3})/.exec(reply)?.[1] ?? '',
      lake.s3.asked.slice(before).map(({ url = '' }) => url),
    ];
  };

  it('can read below that prefix', async () => {
    assert.deepEqual(await ask('/acme-lake/raw/public/x'), ['200', ['/acme-lake/raw/public/x']]);
  });

  for (const dots of DOTS) {
    it(`cannot use ${dots} to read outside that prefix`, async () => {
      for (const slash of SLASHES) {
        for (const tail of [
          `${dots}${slash}private${slash}x`,
          `a${slash}${dots}${slash}${dots}${slash}private`,
        ]) {
          const target = `/acme-lake/raw/public/${tail}`;
          const [status, asked] = await ask(target);
          if (asked.length === 0) assert.match(status, /^40[03]$/, target);
          for (const url of asked) {
            assert.ok(url.startsWith('/acme-lake/raw/public/'), `${target} became ${url}`);
            assert.match(url, /^[A-Za-z0-9\-._~/%]+$/);
            // If the bridge decoded or encoded the key one time too many, its bytes would change.
            assert.deepEqual(bytesOf(url), bytesOf(target), `${target} became ${url}`);
          }
        }
      }
    });
  }

  it('cannot use any other spelling of a path to read outside that prefix', async () => {
    for (const target of ASIDE) {
      const [status, asked] = await ask(target);
      assert.deepEqual(asked, [], target);
      assert.match(status, /^(?:40[034]|501)$/, target);
    }
  });
});

/** Decodes percent-encoding once, independently of the bridge's decoder. */
function bytesOf(url: string): string {
  return url.replace(/%([0-9a-f]{2})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}
