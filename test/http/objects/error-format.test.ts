// An error's body is XML for S3 clients. For other callers, it is JSON if they prefer JSON, otherwise XML.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { asBearer, asS3Client, signedWithoutToken } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const XML = 'application/xml';
const JSON_TYPE = 'application/json';

describe('an error', () => {
  let wire: Wire;
  let token: string;
  before(async () => {
    wire = await startWire();
    token = await wire.token('reader');
  });
  after(() => wire.close());

  const formatOf = async (headers: Record<string, string>, path = '/acme-lake/absent'): Promise<unknown> =>
    (await wire.get(path, { headers })).headers['content-type'];

  for (const [what, headersOf] of [
    ['signed with SigV4', () => asS3Client(token)],
    ['signed with SigV4 and without a token', () => signedWithoutToken],
    ['signed with SigV4a', () => ({ authorization: 'AWS4-ECDSA-P256-SHA256 Credential=a' })],
    ['signed with SigV2', () => ({ authorization: 'AWS placeholder:c2lnbmF0dXJl' })],
  ] as const) {
    it(`is XML for a request ${what}, regardless of its Accept header`, async () => {
      for (const accept of ['application/json, text/xml, */*', 'application/json'])
        assert.equal(await formatOf({ ...headersOf(), accept }), XML);
    });
  }

  for (const [accept, format] of [
    ['*/*', XML],
    ['application/json', JSON_TYPE],
    ['Application/JSON; charset=utf-8', JSON_TYPE],
    ['application/json, text/plain, */*', JSON_TYPE],
    ['application/json;q=0', XML],
    ['application/json;q=0, */*', XML],
    ['application/json; Q=0.000', XML],
    ['application/json;q=0.5, application/xml', XML],
    ['application/json;q=0.5, text/xml;q=0.9', XML],
    ['application/json;q=0.5, application/*;q=0.9, application/xml;q=0.1', JSON_TYPE],
    ['application/json;q=0.5, */*;q=0.9', XML],
    ['application/json;q=0.5, */*;q=0.1', JSON_TYPE],
    ['application/jsonp', XML],
    ['application/json-patch+json', XML],
    ['text/html, application/xhtml+xml', XML],
    ['', XML],
  ] as const) {
    it(`is ${format} if a request with a bearer token accepts "${accept}"`, async () => {
      assert.equal(await formatOf({ ...asBearer(token), accept }), format);
      assert.equal(await formatOf({ accept }), format, 'without a token');
    });
  }

  it('is a JSON problem document for paths under /-/', async () => {
    for (const accept of ['application/json', 'application/xml'])
      assert.equal(await formatOf({ accept }, '/-/object?bucket=acme-lake'), 'application/problem+json');
  });
});
