// An egress budget is not exceeded even if an object is overwritten between two requests, or S3 sends bodies of unknown length.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { giveObject } from '../../support/object-at-s3.ts';
import { refuse, startStoodInWire } from '../../support/stand-in-wire.ts';
import type { StoodInWire } from '../../support/stand-in-wire.ts';

const BUDGET = 1_000_000_000;

describe('a read with an egress budget', () => {
  let wire: StoodInWire;
  let left = BUDGET;
  /** Ends the downloads that reserve bytes. */
  let open: (() => Promise<unknown>)[] = [];
  const remaining = async (): Promise<number> => {
    const { text } = await wire.get('/-/whoami', { as: 'reader' });
    const { egressBudget } = JSON.parse(text) as { egressBudget: { remainingBytes: number } };
    return egressBudget.remainingBytes;
  };
  const methods = (): (string | undefined)[] => wire.asked().map(({ method }) => method);
  /** Reads until only this many bytes are left, so that the bridge determines lengths with HEAD. */
  const leave = async (bytes: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    wire.s3Answers((request, response) => {
      response.writeHead(200, { 'content-length': left - bytes, etag: '"big"' }).flushHeaders();
      if (request.method === 'HEAD') {
        response.end();
        return;
      }
      response.write('x');
      response.once('close', () => {
        resolve(undefined);
      });
    });
    const download = await wire.open({ path: '/acme-lake/reserved' });
    download.on('error', () => undefined);
    open.push(() => {
      download.destroy();
      return promise;
    });
    assert.equal(await remaining(), bytes);
  };
  before(async () => {
    wire = await startStoodInWire({
      more: `budgets: [{ callers: [reader@acme-prod.iam.gserviceaccount.com], bytesPerDay: 1GB }]`,
    });
  });
  after(() => wire.close());
  beforeEach(async () => {
    for (const close of open) await close();
    open = [];
    left = await remaining();
  });

  it('of unknown length is aborted when it exceeds the rest of the budget', async () => {
    await leave(50_000_000);
    const chunk = Buffer.alloc(1_000_000);
    wire.s3Answers((_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    const response = await wire.open();
    let received = 0;
    await assert.rejects(async () => {
      for await (const part of response) received += (part as Buffer).length;
    });
    assert.ok(received <= 50_000_000, `${received} bytes`);
    const line = await wire.lineOf(response);
    assert.deepEqual([line['fault'], line['abortedBy']], ['egress_budget_exceeded', 'bridge']);
  });

  it("is denied if S3's response turns out to be too large, and the bytes that S3 may already have sent count", async () => {
    wire.s3Answers((request, response) => {
      response.writeHead(200, { 'content-length': 2 * BUDGET, etag: '"e1"' });
      if (request.method === 'HEAD') response.end();
      else response.write(Buffer.alloc(100_000));
    });
    for (let i = 0; i < 3; i += 1) assert.equal((await wire.read()).code, 'EgressBudgetExceeded');
    assert.deepEqual(methods(), ['GET', 'HEAD', 'HEAD', 'HEAD'], 'later reads begin with HEAD');
    assert.equal(await remaining(), left - 8 * 1024 * 1024);
  });

  it('returns only the version whose length was reserved, and starts again if the object was overwritten', async () => {
    await leave(1_000_000);
    const versions = ['"e1"', '"e2"', '"e2"'];
    wire.s3Answers((request, response) => {
      // The object is overwritten after the first HEAD.
      const etag = request.method === 'HEAD' ? versions.shift() : '"e2"';
      const body = Buffer.alloc(etag === '"e1"' ? 1_000 : 2_000, 'x');
      giveObject({ body, etag: etag ?? '' }, request, response);
    });
    const { status, body } = await wire.read({ headers: { 'if-none-match': '"e0"' } });
    assert.deepEqual([status, body.length], [200, 2_000]);
    assert.deepEqual(
      wire.asked().map(({ method, headers }) => [method, headers['if-match'], headers['if-none-match']]),
      [
        ['HEAD', undefined, '"e0"'],
        ['GET', '"e1"', undefined],
        ['HEAD', undefined, '"e0"'],
        ['GET', '"e2"', undefined],
      ],
    );
    assert.equal(await remaining(), 1_000_000 - 2_000);
  });

  it('fails with 502 if the object keeps being overwritten', async () => {
    await leave(1_000_000);
    let version = 0;
    wire.s3Answers((request, response) => {
      version += 1;
      giveObject({ body: Buffer.alloc(10), etag: `"e${version}"` }, request, response);
    });
    const reply = await wire.read();
    assert.equal(reply.status, 502);
    assert.equal((await wire.lineOf(reply))['fault'], 'object_changed');
    assert.equal(await remaining(), 1_000_000);
  });

  it('is denied if an object without an ETag grows beyond the budget between HEAD and GET', async () => {
    await leave(1_000_000);
    wire.s3Answers((request, response) => {
      response.writeHead(200, { 'content-length': request.method === 'HEAD' ? 10 : 2_000_000 });
      if (request.method === 'HEAD') response.end();
      else response.write(Buffer.alloc(10));
    });
    assert.ok((await wire.read()).status >= 400);
    assert.ok((await remaining()) >= 1_000_000 - 30);
  });

  it("sends a GET for a single byte if HEAD fails, and returns S3's error from that GET", async () => {
    await leave(1_000_000);
    wire.s3Answers((_request, response) => {
      refuse(response, 403, 'AccessDenied');
    });
    assert.equal((await wire.read()).code, 'AccessDenied');
    const get = wire.asked().find(({ method }) => method === 'GET');
    assert.equal(get?.headers.range, 'bytes=0-0');
  });

  it('starts again if the object first appears between HEAD and GET', async () => {
    await leave(1_000_000);
    let heads = 0;
    wire.s3Answers((request, response) => {
      if (request.method === 'HEAD' && heads === 0) {
        heads += 1;
        refuse(response, 404, 'NoSuchKey');
      } else giveObject({ body: Buffer.alloc(3_000) }, request, response);
    });
    assert.equal((await wire.read()).body.length, 3_000);
    assert.deepEqual(methods(), ['HEAD', 'GET', 'HEAD', 'GET']);
    assert.equal(await remaining(), 1_000_000 - 3_000);
  });

  it("is denied if S3 does not report the object's length", async () => {
    await leave(1_000_000);
    wire.s3Answers((_request, response) => {
      response.writeHead(200, { 'transfer-encoding': 'chunked' }).end();
    });
    assert.equal((await wire.read()).code, 'EgressBudgetExceeded');
    assert.deepEqual(methods(), ['HEAD']);
  });
});
