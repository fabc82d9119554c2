// Requests with an invalid query, header or token get a response that docs/openapi.yaml describes for their operation.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { googleClaims } from '../../support/google-claims.ts';
import { request } from '../../support/http-request.ts';
import { operations } from '../../support/openapi.ts';
import { webIdentityForm } from '../../support/sts-form.ts';
import { asBearer, asS3Client } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';
import { assertDescribed } from './described-response.ts';
import { targetOf, valuesOf } from './send-example.ts';

/** Each is invalid, or changes the S3 operation, if it is added to the query of some of the examples. */
const QUERIES = [
  'a=1&a=2',
  'X-Amz-Security-Token=token',
  'access_token=token',
  'acl',
  'uploads',
  'tagging',
  'attributes',
  'versions',
  'versionId=none',
  'list-type=3',
  'max-keys=-1',
  'max-buckets=0',
  'partNumber=99',
  'continuation-token=none',
  'action=none',
  'mode=none',
  'prefix=%ff',
  'prefix=%zz',
];

/** Headers that the requested object does not satisfy, or that are invalid. */
const UNSATISFIED: readonly Readonly<Record<string, string>>[] = [
  { range: 'bytes=999999-' },
  { 'if-match': '"none"' },
  { 'x-amz-expected-bucket-owner': '999999999999' },
  { 'x-amz-expected-bucket-owner': 'none' },
];

describe('an invalid request', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire();
  });
  after(() => wire.close());

  for (const operation of operations) {
    const method = operation.method.toUpperCase();
    it(`gets a response that the document describes, from ${method} ${operation.path}`, async () => {
      const token = await wire.token('reader');
      const expired = wire.sandbox.mint({ ...googleClaims(wire, 'reader'), iat: 1_000_000, exp: 1_003_600 });
      const callers = [
        {},
        { authorization: token },
        ...[token, expired, await wire.token('stranger'), 'none'].flatMap((each) => [
          asBearer(each),
          asS3Client(each),
        ]),
        ...UNSATISFIED.map((headers) => ({ ...headers, ...asBearer(token) })),
      ];
      const sent = method === 'POST' ? { body: webIdentityForm(expired) } : {};
      const [example] = operation['x-example-requests'];
      assert.ok(example !== undefined);
      const target = targetOf(operation, valuesOf(operation, example));
      for (const query of ['', ...QUERIES])
        for (const headers of callers) {
          const path = query === '' ? target : `${target}${target.includes('?') ? '&' : '?'}${query}`;
          const reply = await request(wire.bridge.url, path, { method, headers, ...sent });
          const described = operation.responses[String(reply.status)];
          assert.ok(described !== undefined, `${path}: ${reply.status} ${reply.text}`);
          assertDescribed(reply, described, operation.method);
        }
    });
  }
});
