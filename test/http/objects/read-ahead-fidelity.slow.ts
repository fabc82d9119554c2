// A request that is read ahead gets the same response as one sent directly to S3. This is a slow test, because the objects are
// large.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { comparable } from '../../support/comparable-reply.ts';
import { configured, READER_MAY_ALL } from '../../support/configuration.ts';
import { directS3, sameSession } from '../../support/direct-s3.ts';
import type { Direct } from '../../support/direct-s3.ts';
import { startMeasuredWire } from '../../support/metrics.ts';
import type { MeasuredWire } from '../../support/metrics.ts';
import { keepVersions } from '../../support/owner.ts';

const MIB = 1024 * 1024;
const KEY = 'd/large';
const PATH = `/acme-lake/${KEY}`;
const BYTES = 24 * MIB;
const LONG_AGO = 'Sat, 01 Jan 2000 00:00:00 GMT';

/** Returns a body in which every group of four bytes is unique. @param seed makes bodies differ */
function bodyOf(seed: number): Buffer {
  const numbers = new Uint32Array(BYTES / 4);
  for (let i = 0; i < numbers.length; i += 1) numbers[i] = (i + seed) * 2_654_435_761;
  return Buffer.from(numbers.buffer);
}

interface Case {
  readonly name: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  /** Whether the response is long enough to be read in parts. */
  readonly isReadAhead: boolean;
}

describe('with read-ahead, the bridge gives the same response as S3', () => {
  let wire: MeasuredWire;
  let direct: Direct;
  let authorization: string;
  let etag: string;
  let firstVersion: string;
  before(async () => {
    wire = await startMeasuredWire({
      config: configured({ grants: [READER_MAY_ALL], more: 'readAhead: { connections: 4 }' }),
    });
    await keepVersions(wire);
    await wire.put(KEY, bodyOf(1), { ChecksumAlgorithm: 'SHA256' });
    await wire.put(KEY, bodyOf(2), { Metadata: { ville: 'Orléans' }, ChecksumAlgorithm: 'CRC32' });
    authorization = `Bearer ${await wire.token('reader')}`;
    direct = directS3(wire, await sameSession(wire, 'reader'));
    etag = (await direct('HEAD', PATH)).headers.etag ?? '';
    const versions = (await direct('GET', `/acme-lake?versions&prefix=${KEY}`)).text;
    firstVersion = [...versions.matchAll(/<VersionId>([^<]+)</g)].at(-1)?.[1] ?? '';
  });
  after(() => wire.close());

  const assertAlike = async ({ query = '', headers = {}, status, isReadAhead }: Case): Promise<void> => {
    const parts = (): Promise<number> => wire.metric('fedbridge_read_ahead_parts_total');
    const path = `${PATH}${query.replace('FIRST', firstVersion)}`;
    const sent = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value.replace('ETAG', etag)]),
    );
    const before = await parts();
    const s3 = await direct('GET', path, sent);
    const bridge = await wire.get(path, { headers: { ...sent, authorization } });
    assert.equal(s3.status, status);
    assert.deepEqual(withoutBody(bridge), withoutBody(s3));
    assert.ok(bridge.body.equals(s3.body) || status >= 400, 'the bodies differ');
    assert.equal((await parts()) > before, isReadAhead, 'whether parts were requested');
  };

  const CASES: readonly Case[] = [
    { name: 'the whole object', status: 200, isReadAhead: true },
    {
      name: 'the whole object with its checksum',
      headers: { 'x-amz-checksum-mode': 'ENABLED' },
      status: 200,
      isReadAhead: true,
    },
    { name: 'an earlier version', query: '?versionId=FIRST', status: 200, isReadAhead: true },
    {
      name: 'the object with overridden response headers',
      query: '?response-content-type=a/b&response-cache-control=no-store',
      status: 200,
      isReadAhead: true,
    },
    { name: 'a long range', headers: { range: 'bytes=1000001-23000000' }, status: 206, isReadAhead: true },
    {
      name: 'the last bytes of the object',
      headers: { range: 'bytes=-20000001' },
      status: 206,
      isReadAhead: true,
    },
    {
      name: 'a range that ends beyond the end of the object',
      headers: { range: 'bytes=7-999999999' },
      status: 206,
      isReadAhead: true,
    },
    { name: 'a short range', headers: { range: 'bytes=5-1048580' }, status: 206, isReadAhead: false },
    {
      name: 'a range with a matching If-Match',
      headers: { range: 'bytes=3-', 'if-match': 'ETAG' },
      status: 206,
      isReadAhead: true,
    },
    {
      name: 'an object with a matching If-None-Match',
      headers: { 'if-none-match': 'ETAG' },
      status: 304,
      isReadAhead: false,
    },
    {
      name: 'an object with an If-Match that does not match',
      headers: { 'if-match': '"other"' },
      status: 412,
      isReadAhead: false,
    },
    {
      name: 'an object that was modified after If-Unmodified-Since',
      headers: { 'if-unmodified-since': LONG_AGO },
      status: 412,
      isReadAhead: false,
    },
    {
      name: 'a range that begins after the end of the object',
      headers: { range: 'bytes=999999999-' },
      status: 416,
      isReadAhead: false,
    },
    { name: 'a part by its number', query: '?partNumber=1', status: 206, isReadAhead: false },
    { name: 'a missing version', query: '?versionId=absent', status: 404, isReadAhead: false },
  ];
  for (const one of CASES) it(`to a GET request for ${one.name}`, () => assertAlike(one));
});

/** The body is compared separately, because a difference of 24 MiB cannot be printed. */
function withoutBody(reply: Parameters<typeof comparable>[0]): unknown {
  const isError = reply.status >= 400;
  return comparable(isError ? reply : { ...reply, body: Buffer.alloc(0) });
}
