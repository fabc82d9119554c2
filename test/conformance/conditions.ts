// Each combination of the four conditional headers gets the status that S3 documents. The headers are evaluated in the order of
// RFC 9110.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Stage } from './stage.ts';

const PATH = '/acme-lake/raw/public/conditional.txt';
const LONG_AGO = 'Sat, 01 Jan 2000 00:00:00 GMT';

/** For each conditional header, whether its condition is true, or undefined if the header is not sent. */
interface Conditions {
  readonly match: boolean | undefined;
  readonly unmodifiedSince: boolean | undefined;
  readonly noneMatch: boolean | undefined;
  readonly modifiedSince: boolean | undefined;
}

/**
 * RFC 9110, 13.2.2, defines this order. The S3 API Reference (GetObject) defines the same order for the pairs of headers that
 * it mentions.
 */
function expected({ match, unmodifiedSince, noneMatch, modifiedSince }: Conditions): number {
  if (!(match ?? unmodifiedSince ?? true)) return 412;
  return (noneMatch ?? modifiedSince ?? true) ? 200 : 304;
}

/**
 * Ceph 16 evaluates the date conditions first, and ignores a date condition if the corresponding ETag condition is present
 * (RGWRados::Object::Read::prepare).
 */
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

  describe('conditional requests', () => {
    before(async () => {
      await stage().put('raw/public/conditional.txt', 'conditional');
      const { headers } = await stage().get(PATH, { as: 'reader', method: 'HEAD' });
      etag = headers.etag ?? '';
      modified = headers['last-modified'] ?? '';
    });

    it('return the documented status (200, 304 or 412) for each combination of headers, with GET and HEAD', async () => {
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

    it("return a 304 with the object's ETag and no body if the object is unchanged", async () => {
      const reply = await stage().get(PATH, { as: 'reader', headers: { 'if-none-match': etag } });
      assert.deepEqual([reply.status, reply.body.length], [304, 0]);
      assert.ok(reply.headers['x-request-id']);
      // Ceph 16 omits the ETag from a 304 response, although RFC 9110, 15.4.5, requires it.
      assert.equal(reply.headers.etag, stage().store === 'Ceph' ? undefined : etag);
    });

    it("return a 412 with the bridge's own message if a precondition fails", async () => {
      const reply = await stage().get(PATH, { as: 'reader', headers: { 'if-match': '"other"' } });
      assert.deepEqual([reply.status, reply.code], [412, 'PreconditionFailed']);
      assert.equal(reply.headers['x-fedbridge-error'], 'precondition_failed');
      assert.match(reply.text, /<Message>A precondition of the request failed\.<\/Message>/);
    });

    it('may contain "*", a list of ETags or a weak ETag', async () => {
      // Ceph 16 compares the whole header with its one ETag, so "*", a list or a weak ETag never matches.
      const [whole, notModified] = stage().store === 'Ceph' ? [412, 200] : [200, 304];
      for (const tags of ['*', `"a", ${etag}`]) assert.equal(await status({ 'if-match': tags }), whole, tags);
      for (const tags of ['*', `"a", ${etag}`, `W/${etag}`])
        assert.equal(await status({ 'if-none-match': tags }), notModified, tags);
    });

    it('are evaluated before ranges', async () => {
      const range = 'bytes=0-3';
      assert.equal(await status({ range, 'if-match': etag }), 206);
      assert.equal(await status({ range, 'if-none-match': etag }), 304);
      assert.equal(await status({ range: 'bytes=999-', 'if-match': '"other"' }), 412);
    });

    it('with If-Range return the requested range if the object is unchanged, and otherwise the whole object', async () => {
      const part = async (validator: string): Promise<string> => {
        const headers = { range: 'bytes=0-3', 'if-range': validator };
        const { status: code, text } = await stage().get(PATH, { as: 'reader', headers });
        return `${code} ${text}`;
      };
      // Ceph ignores If-Range; the bridge converts it to If-Match.
      assert.equal(await part(etag), '206 cond');
      assert.equal(await part('"other"'), '200 conditional');
      assert.equal(await part(modified), '200 conditional');
    });
  });
}
