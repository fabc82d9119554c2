// A request through the bridge gets the same response as one sent directly to S3, except for the listed differences.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { comparable } from '../../support/comparable-reply.ts';
import { configured, READER_MAY_ALL } from '../../support/configuration.ts';
import { directS3, sameSession } from '../../support/direct-s3.ts';
import type { Direct } from '../../support/direct-s3.ts';
import type { Reply, RequestOptions } from '../../support/http-request.ts';
import { openSession, requestOver } from '../../support/http2-request.ts';
import { keepVersions, ownerOf } from '../../support/owner.ts';
import { s3Requests } from '../../support/s3-requests.ts';
import type { S3Request, Stocked } from '../../support/s3-requests.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const REQUESTS = 800;
const SEED = 20_261_122;

/** The accepted differences between S3 and the bridge; docs/explain/fidelity.md has the same table. */
const DIFFERENCES = [
  [
    '`Date`, `Connection`, `Keep-Alive`, `Transfer-Encoding`',
    'the bridge sets its own values, because they belong to one connection',
  ],
  ['`Server`', "the bridge does not pass on S3's `Server` header"],
  ['`x-amz-request-id`, `x-amz-id-2`', 'the values differ, because S3 sets new values for each request'],
  [
    '`x-amz-bucket-arn`, `x-amz-server-side-encryption-aws-kms-key-id`',
    'the bridge does not pass them on, because they identify an account',
  ],
  [
    '`x-amz-object-lock-…`, `x-amz-tagging-count`',
    'S3 sends them only to sessions with `s3:GetObjectRetention`, `s3:GetObjectLegalHold` or `s3:GetObjectTagging`; no grant includes the first two, and `tags` in a grant includes the third',
  ],
  ['`x-request-id`, `Vary`', 'the bridge adds them'],
  [
    'with a cache: `Cache-Status`, `Age`',
    'the bridge adds them; if the bridge did not call S3 for a response, `x-amz-request-id` and `x-amz-id-2` are missing',
  ],
  [
    'errors: `x-fedbridge-error`, `Cache-Control: no-store`; for HEAD also `x-fedbridge-message`, the message that would be in the body',
    'the bridge adds them',
  ],
  [
    'errors: body and its length',
    'the status and `Code` come from S3; the message comes from the bridge, and does not mention keys, buckets or accounts',
  ],
  [
    '`If-Range`',
    'S3 does not support `If-Range`; the bridge sends the range or the whole object, as RFC 9110 defines',
  ],
  ['a duplicate query parameter', 'the bridge returns 400 `InvalidArgument`; S3 uses one of the values'],
  [
    'unsupported subresources; `x-amz-…` in the query; HEAD requests for lists, tags and attributes',
    'the bridge returns 501 `NotImplemented`',
  ],
  [
    '`/`, `?location`, lists above a granted prefix',
    'the bridge responds from its configuration and does not call S3',
  ],
  [
    'HEAD requests for a bucket',
    'the bridge returns 200 if the caller has a grant on the bucket and the bucket exists, which it checks with S3 at most once a minute; S3 requires permission to list',
  ],
  ['`x-amz-request-payer`', "the bridge sends the configured value and ignores the caller's"],
  [
    '`x-amz-expected-bucket-owner`',
    'if `expectedOwner` is configured, the header must have the same value; if not, the bridge passes the header on, or returns 501 if the request does not reach S3',
  ],
  [
    'other `x-amz-…` request headers, such as `x-amz-acl`',
    'the bridge does not pass them on, because S3 does not use them in reads',
  ],
] as const;

type Send = (path: string, options: RequestOptions) => Promise<Reply>;

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

/** All variants get the same requests. With a cache, most of the requests are for objects that earlier requests have cached. */
const VARIANTS = [
  { name: 'the bridge', cache: '' },
  { name: 'the bridge with a cache', cache: 'cache: { memory: 16MiB }' },
  {
    name: 'the bridge with a cache that revalidates an object at most once an hour',
    cache: 'cache: { memory: 16MiB, freshFor: 1h }',
  },
];

for (const { name, cache } of VARIANTS)
  describe(name, () => {
    let wire: Wire;
    let direct: Direct;
    let authorization: string;
    let stock: readonly Stocked[];
    before(async () => {
      wire = await startWire({ config: configured({ grants: [READER_MAY_ALL], more: cache }) });
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

    const assertAlike = async (send: Send, { method, path, headers }: S3Request): Promise<Reply> => {
      const [s3, bridge] = await Promise.all([
        direct(method, path, headers),
        send(path, { method, headers: { ...headers, authorization } }),
      ]);
      assert.deepEqual(comparable(bridge), comparable(s3), JSON.stringify({ method, path, headers }));
      if (cache === '')
        for (const id of ['x-amz-request-id', 'x-amz-id-2']) assert.ok(bridge.headers[id], path);
      else assert.ok(bridge.headers['cache-status'] ?? s3.status >= 400, path);
      assert.equal(bridge.headers['x-fedbridge-error'] === undefined, s3.status < 400);
      return s3;
    };

    const assertAllAlike = async (send: Send): Promise<void> => {
      const requests = s3Requests(stock, REQUESTS, SEED);
      assert.equal(requests.length, REQUESTS);
      const statuses = new Map<number, number>();
      for (const request of requests) {
        const { status } = await assertAlike(send, request);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
      // Each status must occur at least once: responses would also match if both S3 and the bridge rejected every request.
      for (const status of [200, 206, 304, 400, 404, 405, 412, 416]) {
        assert.ok(statuses.has(status), `no response was ${status}: ${JSON.stringify([...statuses])}`);
      }
    };
    it(`gives the same responses as S3 to ${REQUESTS} requests`, () =>
      assertAllAlike((path, options) => wire.get(path, options)));
    it(`gives the same responses as S3 to ${REQUESTS} requests over HTTP/2`, async (test) => {
      const session = openSession(wire.bridge.url);
      test.after(() => {
        session.close();
      });
      await assertAllAlike((path, options) => requestOver(session, path, options));
    });

    it("rejects an invalid key with S3's error code", async () => {
      for (const path of [
        '/acme-lake/%zz',
        '/acme-lake/%C3',
        `/acme-lake/${'k'.repeat(1025)}`,
        '/acme-lake/%ED%A0%80',
      ]) {
        const [s3, bridge] = [
          await direct('GET', path),
          await wire.get(path, { headers: { authorization } }),
        ];
        assert.deepEqual([bridge.status, bridge.code], [s3.status, s3.code], path);
      }
    });

    it('differs from S3 only as docs/explain/fidelity.md describes', async () => {
      const text = await readFile(new URL('../../../docs/explain/fidelity.md', import.meta.url), 'utf8');
      const rows = text.split('\n').flatMap((line) => {
        const cells = /^\| (.*?) +\| (.*?) +\|$/.exec(line);
        return cells === null || /^(?:-+|what)$/.test(cells[1] ?? '') ? [] : [[cells[1], cells[2]]];
      });
      assert.deepEqual(rows, DIFFERENCES);
    });
  });
