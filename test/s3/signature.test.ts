// The signer is checked against two independent references: the SDK's own signer and AWS's published examples.
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { canonicalRequest, createSigner, macWith, signatureOf, signingKey } from '../../src/s3/signature.ts';
import { encodeKey, encodeQueryPart } from '../../src/s3/target.ts';

/** The hash interface that `@smithy/signature-v4` requires: SHA-256, or HMAC-SHA-256 if there is a key. */
class NodeSha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', asBytes(secret));
  }
  update(chunk: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(asBytes(chunk));
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
  reset(): void {
    throw new Error('not used');
  }
}

function asBytes(value: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof value === 'string') return Buffer.from(value);
  return ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value);
}

const CREDENTIALS = {
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  sessionToken: 'FwoGZXIvYXdzEXAMPLETOKEN+/=',
};

/** S3 keys: any characters except NUL and lone surrogates, at most 1,024 bytes. */
const anyKey = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 200 })
  .filter((key) => key.isWellFormed() && !key.includes('\0') && Buffer.byteLength(key) <= 1024);

const anyQuery = fc.uniqueArray(
  fc.tuple(fc.stringMatching(/^[a-z-]{1,12}$/), fc.string({ unit: 'binary', maxLength: 30 })),
  {
    selector: ([name]) => name,
    maxLength: 5,
  },
);

describe('the S3 request signer', () => {
  it('signs any key and query in the same way as @smithy/signature-v4', async () => {
    const sign = createSigner();
    await fc.assert(
      fc.asyncProperty(
        anyKey,
        anyQuery,
        fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }),
        async (key, query, date) => {
          fc.pre(query.every(([, value]) => value.isWellFormed()));
          const pairs = [...query].sort(([a], [b]) => (a < b ? -1 : 1));
          const path = `/acme-lake/${encodeKey(key)}`;
          const raw = sign(
            {
              method: 'GET',
              host: 's3.eu-west-1.amazonaws.com',
              region: 'eu-west-1',
              path,
              amzHeaders: [],
              query: pairs
                .map(([name, value]) => `${encodeQueryPart(name)}=${encodeQueryPart(value)}`)
                .join('&'),
            },
            CREDENTIALS,
            date.getTime(),
          );
          const ours = headersOf(raw);
          const oracle = new SignatureV4({
            service: 's3',
            region: 'eu-west-1',
            uriEscapePath: false,
            credentials: CREDENTIALS,
            sha256: NodeSha256,
          });
          const theirs = await oracle.sign(
            {
              method: 'GET',
              protocol: 'https:',
              hostname: 's3.eu-west-1.amazonaws.com',
              path,
              query: Object.fromEntries(pairs),
              headers: {
                host: 's3.eu-west-1.amazonaws.com',
                'x-amz-content-sha256': ours.get('x-amz-content-sha256') ?? '',
              },
            },
            { signingDate: date },
          );
          assert.equal(ours.get('authorization'), theirs.headers['authorization']);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('signs additional x-amz- headers in the same way as @smithy/signature-v4', async () => {
    const amzHeaders = [
      ['x-amz-request-payer', 'requester'],
      ['x-amz-checksum-mode', 'ENABLED'],
    ] as const;
    const date = new Date('2026-11-22T12:00:00Z');
    const request = {
      method: 'HEAD',
      host: 'acme-lake.s3.us-east-1.amazonaws.com',
      region: 'us-east-1',
      path: '/a',
      query: '',
    } as const;
    const ours = headersOf(createSigner()({ ...request, amzHeaders }, CREDENTIALS, date.getTime()));
    const oracle = new SignatureV4({
      service: 's3',
      region: 'us-east-1',
      uriEscapePath: false,
      credentials: CREDENTIALS,
      sha256: NodeSha256,
    });
    const theirs = await oracle.sign(
      {
        method: 'HEAD',
        protocol: 'https:',
        hostname: request.host,
        path: '/a',
        headers: {
          host: request.host,
          ...Object.fromEntries(amzHeaders),
          'x-amz-content-sha256': ours.get('x-amz-content-sha256') ?? '',
        },
      },
      { signingDate: date },
    );
    assert.equal(ours.get('authorization'), theirs.headers['authorization']);
  });

  it('switches to a new key and date at midnight UTC', () => {
    const sign = createSigner();
    const request = {
      method: 'GET',
      host: 'h',
      region: 'us-east-1',
      path: '/a',
      query: '',
      amzHeaders: [],
    } as const;
    const midnight = Date.parse('2026-11-23T00:00:00Z');
    const before = headersOf(sign(request, CREDENTIALS, midnight - 1));
    const after = headersOf(sign(request, CREDENTIALS, midnight));
    assert.equal(before.get('x-amz-date'), '20261122T235959Z');
    assert.equal(after.get('x-amz-date'), '20261123T000000Z');
    assert.match(after.get('authorization') ?? '', /\/20261123\/us-east-1\/s3\/aws4_request/);
  });
});

/**
 * These examples, which have no session token, are from "Signature Calculations for the Authorization Header" in the
 * Amazon S3 API Reference.
 */
describe('the S3 request signer', () => {
  const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
  const [DATE, DAY, REGION] = ['20130524T000000Z', '20130524', 'us-east-1'];
  const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  const HOST = ['host', 'examplebucket.s3.amazonaws.com'] as const;
  const ALWAYS = [
    ['x-amz-content-sha256', EMPTY],
    ['x-amz-date', DATE],
  ] as const;

  for (const [what, path, query, more, expected] of [
    [
      'GET of an object with a range',
      '/test.txt',
      '',
      [['range', 'bytes=0-9']],
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    ],
    [
      "GET of a bucket's lifecycle",
      '/',
      'lifecycle=',
      [],
      'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    ],
    [
      'GET of a listing',
      '/',
      'max-keys=2&prefix=J',
      [],
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    ],
  ] as const) {
    it(`returns AWS's published signature for a ${what}`, () => {
      const { canonical } = canonicalRequest(
        { method: 'GET', path, query },
        [HOST, ...more, ...ALWAYS].flat(),
      );
      const mac = macWith(signingKey(DAY, REGION, SECRET));
      const scope = `${DAY}/${REGION}/s3/aws4_request`;
      assert.equal(signatureOf(canonical, { date: DATE, scope, mac }), expected);
    });
  }
});

function headersOf(raw: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let i = 0; i < raw.length; i += 2) headers.set(raw[i] ?? '', raw[i + 1] ?? '');
  return headers;
}

describe('repeated use of one MAC key', () => {
  it('gives the same MACs as Node for consecutive texts of any length', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.array(fc.string({ unit: 'binary-ascii', maxLength: 300 }), { minLength: 1, maxLength: 5 }),
        (bytes, texts) => {
          const key = Buffer.from(bytes);
          const mac = macWith(key);
          for (const text of texts) {
            assert.equal(mac(text), createHmac('sha256', key).update(text).digest('hex'));
          }
        },
      ),
    );
  });
});
