// The same requests, signed by AWS's own signer straight to S3, and through the bridge, are answered alike but for a list.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { configured, READER_MAY_ALL } from '../../support/configuration.ts';
import { directS3, sameSession } from '../../support/direct-s3.ts';
import type { Direct } from '../../support/direct-s3.ts';
import type { Reply } from '../../support/http-request.ts';
import { keepVersions, ownerOf } from '../../support/owner.ts';
import { s3Requests } from '../../support/s3-requests.ts';
import type { S3Request, Stocked } from '../../support/s3-requests.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const REQUESTS = 800;
const SEED = 20_261_122;

/** What differs, and in which headers; docs/fidelity.md has the same table. */
const DIFFERENCES = [
  ['`Date`, `Connection`, `Keep-Alive`, `Transfer-Encoding`', 'each connection has its own'],
  ['`Server`', 'S3’s does not come down'],
  ['`x-amz-request-id`, `x-amz-id-2`', 'of another request to S3; present in both'],
  [
    '`x-amz-bucket-arn`, `x-amz-server-side-encryption-aws-kms-key-id`',
    'do not come down: they name an account',
  ],
  [
    '`x-amz-object-lock-…`, `x-amz-tagging-count`',
    'S3 sends them only to sessions with `s3:GetObjectRetention`, `s3:GetObjectLegalHold` or `s3:GetObjectTagging`; no grant gives the first two, `tags` gives the third',
  ],
  ['`x-request-id`, `Vary`', 'the bridge adds them'],
  [
    'errors: `x-fedbridge-error`, `Cache-Control: no-store`; of HEAD `x-fedbridge-message`, the sentence that a body would carry',
    'the bridge adds them',
  ],
  [
    'errors: body and its length',
    'status and `Code` are S3’s; the sentence is the bridge’s, and no key, bucket or account is named',
  ],
  ['`If-Range`', 'S3 does not know it; the bridge gives the part or the whole, as RFC 9110 has it'],
  ['a parameter given twice', '400 `InvalidArgument`; S3 takes one of them'],
  [
    'subresources that are not offered; `x-amz-…` in the query; HEAD of lists, tags and attributes',
    '501 `NotImplemented`',
  ],
  ['`/`, `?location`, lists from above a grant', 'answered from the configuration; S3 is not asked'],
  [
    'HEAD of a bucket',
    '200 if a grant names the caller and S3 has the bucket, which is confirmed once a minute; S3 wants the right to list',
  ],
  ['`x-amz-request-payer`', 'the configuration’s, not the caller’s'],
  [
    '`x-amz-expected-bucket-owner`',
    'the caller’s goes up if the configuration has no `expectedOwner`, else the two must be equal; 501 without `expectedOwner` if S3 is not asked',
  ],
  [
    'other `x-amz-…` headers of a request, such as `x-amz-acl`',
    'do not go up; S3 has no use for them in a read',
  ],
] as const;

const OWN = new Set([
  'date',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'server',
  'x-amz-request-id',
  'x-amz-id-2',
  'x-request-id',
  'vary',
  'x-fedbridge-error',
  'x-fedbridge-message',
]);

function comparable(reply: Reply): unknown {
  const isError = reply.status >= 400;
  const headers = Object.entries(reply.headers).filter(
    ([name]) => !OWN.has(name) && !(isError && (name === 'content-length' || name === 'cache-control')),
  );
  return {
    status: reply.status,
    headers: Object.fromEntries(headers.sort(([a], [b]) => (a < b ? -1 : 1))),
    body: isError ? reply.code : reply.body.toString('latin1'),
  };
}

const KEYS = [
  'd/small.txt',
  'd/v.txt',
  'd/empty',
  'd/gone.txt',
  'd/absent',
  'd/été/a b+c%&.txt',
  'd//./../x/',
  'd/z.gz',
];

describe('through the bridge', () => {
  let wire: Wire;
  let direct: Direct;
  let authorization: string;
  let stock: readonly Stocked[];
  before(async () => {
    wire = await startWire({ config: configured({ grants: [READER_MAY_ALL] }) });
    await wire.put('d/small.txt', 'put before versions were kept', { Tagging: 'a=b&c=d' });
    await keepVersions(wire);
    for (const key of KEYS.filter((each) => each !== 'd/absent')) {
      await wire.put(key, key === 'd/empty' ? '' : `first ${key}`, { ChecksumAlgorithm: 'SHA256' });
    }
    await wire.put('d/v.txt', 'second, and longer', {
      Metadata: { ville: 'Orléans' },
      ContentLanguage: 'fr',
    });
    await wire.put('d/z.gz', gzipSync('zipped'), {
      ContentEncoding: 'gzip',
      CacheControl: 'max-age=5',
      ContentType: 'text/x',
    });
    const owner = ownerOf(wire);
    await owner.send(new DeleteObjectCommand({ Bucket: 'acme-lake', Key: 'd/gone.txt' }));
    owner.destroy();
    authorization = `Bearer ${await wire.token('reader')}`;
    direct = directS3(wire, await sameSession(wire, 'reader'));
    stock = await Promise.all(KEYS.map(stocked));
  });
  after(() => wire.close());

  async function stocked(key: string): Promise<Stocked> {
    const escaped = key.split('/').map(encodeURIComponent).join('/');
    const { headers } = await direct('HEAD', `/acme-lake/${escaped}`);
    const versions = (await direct('GET', `/acme-lake?versions&prefix=${encodeURIComponent(key)}`)).text;
    const versionIds = [...versions.matchAll(/<VersionId>([^<]+)</g)].map(([, id = '']) => id);
    return {
      escaped,
      etag: headers.etag ?? '"none"',
      lastModified: headers['last-modified'] ?? '',
      versionIds,
    };
  }

  const differ = async ({ method, path, headers }: S3Request): Promise<Reply> => {
    const [s3, bridge] = await Promise.all([
      direct(method, path, headers),
      wire.get(path, { method, headers: { ...headers, authorization } }),
    ]);
    assert.deepEqual(comparable(bridge), comparable(s3), JSON.stringify({ method, path, headers }));
    for (const name of ['x-amz-request-id', 'x-amz-id-2']) assert.ok(bridge.headers[name], path);
    assert.equal(bridge.headers['x-fedbridge-error'] === undefined, s3.status < 400);
    return s3;
  };

  it(`${REQUESTS} requests are answered as S3 answers them`, async () => {
    const requests = s3Requests(stock, REQUESTS, SEED);
    assert.equal(requests.length, REQUESTS);
    const statuses = new Map<number, number>();
    for (const request of requests) {
      const { status } = await differ(request);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    // Else the requests would all have been refused alike.
    for (const status of [200, 206, 304, 400, 404, 405, 412, 416]) {
      assert.ok(statuses.has(status), `none was ${status}: ${JSON.stringify([...statuses])}`);
    }
  });

  it('what S3 refuses before it reads a key, the bridge refuses with the same code', async () => {
    for (const path of [
      '/acme-lake/%zz',
      '/acme-lake/%C3',
      `/acme-lake/${'k'.repeat(1025)}`,
      '/acme-lake/%ED%A0%80',
    ]) {
      const [s3, bridge] = [await direct('GET', path), await wire.get(path, { headers: { authorization } })];
      assert.deepEqual([bridge.status, bridge.code], [s3.status, s3.code], path);
    }
  });

  it('the differences are those that docs/fidelity.md lists', async () => {
    const text = await readFile(new URL('../../../docs/fidelity.md', import.meta.url), 'utf8');
    const rows = text.split('\n').flatMap((line) => {
      const cells = /^\| (.*?) +\| (.*?) +\|$/.exec(line);
      return cells === null || /^(?:-+|what)$/.test(cells[1] ?? '') ? [] : [[cells[1], cells[2]]];
    });
    assert.deepEqual(rows, DIFFERENCES);
  });
});
