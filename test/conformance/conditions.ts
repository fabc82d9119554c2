// Claims about the four conditional headers, alone and together: 200, 304 or 412, as S3 documents and RFC 9110 orders them.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Stage } from './stage.ts';

const PATH = '/acme-lake/raw/public/conditional.txt';
const LONG_AGO = 'Sat, 01 Jan 2000 00:00:00 GMT';

/** Whether a condition holds; undefined where the header is not sent. */
interface Conditions {
  readonly match: boolean | undefined;
  readonly unmodifiedSince: boolean | undefined;
  readonly noneMatch: boolean | undefined;
  readonly modifiedSince: boolean | undefined;
}

/** RFC 9110, 13.2.2; S3 API Reference, GetObject, says the same of the pairs that it names. */
function expected({ match, unmodifiedSince, noneMatch, modifiedSince }: Conditions): number {
  if (!(match ?? unmodifiedSince ?? true)) return 412;
  return (noneMatch ?? modifiedSince ?? true) ? 200 : 304;
}

/** Ceph 16 looks at the dates first, each only where its ETag condition is absent (RGWRados::Object::Read::prepare). */
function expectedOfCeph(conditions: Conditions): number {
  const { match, unmodifiedSince, noneMatch, modifiedSince } = conditions;
  if (noneMatch === undefined && modifiedSince === false) return 304;
  if (match === undefined && unmodifiedSince === false) return 412;
  if (match === false) return 412;
  return noneMatch === false ? 304 : 200;
}

const CHOICES = [undefined, true, false] as const;
const COMBINATIONS: readonly Conditions[] = CHOICES.flatMap((match) =>
  CHOICES.flatMap((unmodifiedSince) =>
    CHOICES.flatMap((noneMatch) =>
      CHOICES.map((modifiedSince) => ({ match, unmodifiedSince, noneMatch, modifiedSince })),
    ),
  ),
);

export function claimConditions(stage: () => Stage): void {
  let etag = '';
  let modified = '';

  const status = async (headers: Record<string, string>, method = 'GET'): Promise<number> =>
    (await stage().get(PATH, { as: 'reader', method, headers })).status;

  const headersFor = ({
    match,
    unmodifiedSince,
    noneMatch,
    modifiedSince,
  }: Conditions): Record<string, string> => ({
    ...(match === undefined ? {} : { 'if-match': match ? etag : '"other"' }),
    ...(unmodifiedSince === undefined
      ? {}
      : { 'if-unmodified-since': unmodifiedSince ? modified : LONG_AGO }),
    ...(noneMatch === undefined ? {} : { 'if-none-match': noneMatch ? '"other"' : etag }),
    ...(modifiedSince === undefined ? {} : { 'if-modified-since': modifiedSince ? LONG_AGO : modified }),
  });

  describe('conditions', () => {
    before(async () => {
      await stage().put('raw/public/conditional.txt', 'conditional');
      const { headers } = await stage().get(PATH, { as: 'reader', method: 'HEAD' });
      etag = headers.etag ?? '';
      modified = headers['last-modified'] ?? '';
    });

    it('in all combinations give 200, 304 or 412, for GET and HEAD', async () => {
      const told: string[] = [];
      const wanted: string[] = [];
      const ofStore = stage().store === 'Ceph' ? expectedOfCeph : expected;
      for (const conditions of COMBINATIONS) {
        const sent = headersFor(conditions);
        const name = JSON.stringify(conditions);
        told.push(`${name} ${await status(sent)} ${await status(sent, 'HEAD')}`);
        wanted.push(`${name} ${ofStore(conditions)} ${ofStore(conditions)}`);
      }
      assert.deepEqual(told, wanted);
      stage().seen('conditional');
    });

    it('304 has no body, and names the object', async () => {
      const reply = await stage().get(PATH, { as: 'reader', headers: { 'if-none-match': etag } });
      assert.deepEqual([reply.status, reply.body.length], [304, 0]);
      assert.ok(reply.headers['x-request-id']);
      // Ceph 16 leaves the ETag out, which RFC 9110, 15.4.5, wants; the bridge adds nothing of its own.
      assert.equal(reply.headers.etag, stage().store === 'Ceph' ? undefined : etag);
    });

    it('412 is told in our words', async () => {
      const reply = await stage().get(PATH, { as: 'reader', headers: { 'if-match': '"other"' } });
      assert.deepEqual([reply.status, reply.code], [412, 'PreconditionFailed']);
      assert.equal(reply.headers['x-fedbridge-error'], 'precondition_failed');
      assert.match(reply.text, /<Message>A precondition of the request does not hold\.<\/Message>/);
    });

    it('take "*", lists and weak ETags', async () => {
      // Ceph 16 compares the whole header with its one ETag: "*", a list and a weak one are other ETags to it.
      const [whole, notModified] = stage().store === 'Ceph' ? [412, 200] : [200, 304];
      for (const tags of ['*', `"a", ${etag}`]) assert.equal(await status({ 'if-match': tags }), whole, tags);
      for (const tags of ['*', `"a", ${etag}`, `W/${etag}`])
        assert.equal(await status({ 'if-none-match': tags }), notModified, tags);
    });

    it('go before ranges', async () => {
      const range = 'bytes=0-3';
      assert.equal(await status({ range, 'if-match': etag }), 206);
      assert.equal(await status({ range, 'if-none-match': etag }), 304);
      assert.equal(await status({ range: 'bytes=999-', 'if-match': '"other"' }), 412);
    });

    it('If-Range sends the part of this object, or the whole of another', async () => {
      const part = async (validator: string): Promise<string> => {
        const headers = { range: 'bytes=0-3', 'if-range': validator };
        const { status: code, text } = await stage().get(PATH, { as: 'reader', headers });
        return `${code} ${text}`;
      };
      // Ceph ignores If-Range; the bridge makes it an If-Match.
      assert.equal(await part(etag), '206 cond');
      assert.equal(await part('"other"'), '200 conditional');
      assert.equal(await part(modified), '200 conditional');
    });
  });
}
