// The bridge ignores the parameters that S3 ignores, and does not send them to S3.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { configured, READER_MAY_ALL } from '../../support/configuration.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

/**
 * Parameters that S3 ignores: some are sent by Apache Libcloud or browsers, some belong to other operations, and some to none.
 */
const IGNORED = [
  'Version=2006-03-01',
  'v=3',
  'x-id=GetObject',
  'VERSIONID=a',
  'TAGGING',
  '=',
  'unheard-of',
  'start-date=%C3%A9',
];

describe('an unknown parameter', () => {
  let wire: Wire;
  let authorization: string;
  before(async () => {
    wire = await startWire({ config: configured({ grants: [READER_MAY_ALL] }) });
    authorization = `Bearer ${await wire.token('reader')}`;
  });
  after(() => wire.close());

  /** @returns the targets of the requests that S3 received; fails if the response is not 200 */
  const sentFor = async (path: string, method = 'GET'): Promise<unknown[]> => {
    await wire.forgetCalls();
    const reply = await wire.get(path, { method, headers: { authorization } });
    assert.equal(reply.status, 200, `${path}: ${reply.text}`);
    return (await wire.calls('s3')).map(({ path: target }) => target);
  };

  for (const query of IGNORED) {
    it(`such as ?${query} is dropped from reads, listings and requests about buckets`, async () => {
      assert.deepEqual(await sentFor(`/acme-lake/README.txt?${query}`), ['/acme-lake/README.txt']);
      assert.deepEqual(await sentFor(`/acme-lake/README.txt?${query}`, 'HEAD'), ['/acme-lake/README.txt']);
      assert.deepEqual(await sentFor(`/acme-lake/README.txt?tagging&${query}`), [
        '/acme-lake/README.txt?tagging=',
      ]);
      // The bridge's own route rejects unknown parameters, except the one that AWS SDKs add.
      const own = await wire.get(`/-/object?bucket=acme-lake&key=README.txt&${query}`, { as: 'reader' });
      assert.equal(own.status, query.startsWith('x-id=') ? 200 : 501);
      assert.deepEqual(await sentFor(`/acme-lake?list-type=2&${query}`), ['/acme-lake?list-type=2']);
      assert.deepEqual(await sentFor(`/acme-lake?versions&${query}`), ['/acme-lake?versions=']);
      assert.deepEqual(await sentFor(`/acme-lake?prefix=raw%2F&${query}`), ['/acme-lake?prefix=raw%2F']);
      assert.deepEqual(await sentFor(`/acme-lake?location&${query}`), []);
      assert.deepEqual(await sentFor(`/?${query}`), []);
    });
  }

  it('is dropped even if a different operation uses it', async () => {
    for (const [path, sent] of [
      ['/acme-lake?list-type=2&marker=a', '/acme-lake?list-type=2'],
      ['/acme-lake?marker=a&start-after=b', '/acme-lake?marker=a'],
      ['/acme-lake?versionId=a', '/acme-lake'],
      ['/acme-lake/README.txt?prefix=a', '/acme-lake/README.txt'],
      ['/acme-lake/README.txt?tagging&partNumber=1', '/acme-lake/README.txt?tagging='],
    ] as const)
      assert.deepEqual(await sentFor(path), [sent]);
  });
});
