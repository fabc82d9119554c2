// With `responses.serverTiming`, authenticated callers see how long each step before the response took.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openToProject, asAccount, READABLE } from '../../support/sessions-at-sts.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const ALL = ['authenticate', 'federate', 's3'];

/** The durations in milliseconds by step, in the header's order. */
function timingsOf(header: unknown): ReadonlyMap<string, number> {
  assert.equal(typeof header, 'string');
  return new Map(
    String(header)
      .split(', ')
      .map((metric) => {
        const [, name = '', duration] = /^(\w+);dur=(\d+(?:\.\d{1,3})?)$/.exec(metric) ?? [];
        assert.ok(duration, metric);
        return [name, Number(duration)] as const;
      }),
  );
}

describe('the Server-Timing header', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({ config: openToProject('responses: { serverTiming: true }') });
  });
  after(() => wire.close());

  for (const [path, status, steps] of [
    [READABLE, 200, ALL],
    ['/acme-lake?list-type=2', 200, ALL],
    ['/-/objects?bucket=acme-lake', 200, ALL],
    ['/acme-lake/no-such-key', 404, ALL],
    ['/acme-lake?location', 200, ['authenticate']],
    ['/', 200, ['authenticate']],
    ['/other-bucket/key', 403, ['authenticate']],
  ] as const)
    it(`lists the steps ${steps.join(', ')} for ${path} (status ${status})`, async () => {
      for (const method of ['GET', ...(path.startsWith('/acme-lake/') ? ['HEAD'] : [])]) {
        const reply = await wire.get(path, { method, headers: asAccount(wire, 1) });
        assert.equal(reply.status, status, reply.text);
        assert.deepEqual([...timingsOf(reply.headers['server-timing']).keys()], steps);
      }
    });

  it('has the same durations as the log line', async () => {
    const reply = await wire.get(READABLE, { headers: asAccount(wire, 2) });
    const line = await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
    const { token, sts, s3FirstByte } = line['milliseconds'] as Record<string, number>;
    assert.deepEqual([...timingsOf(reply.headers['server-timing']).values()], [token, sts, s3FirstByte]);
  });

  it('omits a step that failed', async () => {
    await wire.fault({ upstream: 'sts', fault: 'error', code: 'AccessDenied' });
    const reply = await wire.get(READABLE, { headers: asAccount(wire, 3) });
    await wire.clearFaults();
    assert.equal(reply.status, 502);
    assert.deepEqual([...timingsOf(reply.headers['server-timing']).keys()], ['authenticate']);
  });

  it('is absent if the request has no valid token', async () => {
    for (const headers of [{}, { authorization: 'Bearer x' }]) {
      const reply = await wire.get(READABLE, { headers });
      assert.equal(reply.status, 401);
      assert.equal(reply.headers['server-timing'], undefined);
    }
  });
});

it('responses have no Server-Timing header by default', async () => {
  const wire = await startWire();
  try {
    const reply = await wire.get(READABLE, { as: 'reader' });
    assert.equal(reply.status, 200);
    assert.equal(reply.headers['server-timing'], undefined);
  } finally {
    await wire.close();
  }
});
