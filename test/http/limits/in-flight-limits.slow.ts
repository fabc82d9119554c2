// A bridge at its request limit responds with SlowDown, which the AWS SDK retries. Probes still succeed, and responses in
// progress complete.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { PATIENT, startClockedWire } from '../../support/faked-clock.ts';
import type { ClockedWire } from '../../support/faked-clock.ts';
import { googleClaims } from '../../support/google-claims.ts';
import { open, request } from '../../support/http-request.ts';
import type { Reply } from '../../support/http-request.ts';
import { asAccount, openToProject, READABLE } from '../../support/sessions-at-sts.ts';
import { asBearer } from '../../support/token-headers.ts';
import { until } from '../../support/until.ts';

const SIZE = 300_000;
const PER_CALLER = 2;
const IN_FLIGHT = 4;

describe('a bridge limited to four requests in flight, two per caller', () => {
  let wire: ClockedWire;
  const body = randomBytes(SIZE);
  before(async () => {
    wire = await startClockedWire({
      config: openToProject(`limits: { inFlight: ${IN_FLIGHT}, perCaller: ${PER_CALLER}, stall: 1h }`),
    });
    // Stops the clock, so that a bridge on a slow machine does not reject requests because its event loop lags.
    await wire.setClocks({ steadyStands: true });
    await wire.put('held.bin', body);
  });
  after(() => wire.close());

  /** Makes S3 withhold the rest of the object until faults are cleared. */
  const hold = (): Promise<void> =>
    wire.fault({ upstream: 's3', path: 'held.bin', fault: 'hold', after: SIZE / 2 });
  const startTwo = (caller: number): Promise<IncomingMessage[]> =>
    Promise.all(
      [1, 2].map(() => open(wire.bridge.url, '/acme-lake/held.bin', { headers: asAccount(wire, caller) })),
    );
  const read = (caller: number): Promise<Reply> =>
    request(wire.bridge.url, READABLE, { headers: asAccount(wire, caller) });
  const assertWhole = async (streams: readonly IncomingMessage[]): Promise<void> => {
    await wire.clearFaults();
    for (const stream of streams) {
      const digest = createHash('sha256');
      for await (const chunk of stream) digest.update(chunk as Buffer);
      assert.equal(digest.digest('hex'), createHash('sha256').update(body).digest('hex'));
    }
  };
  const assertSlowedDown = async (reply: Reply, limit: string): Promise<void> => {
    assert.equal(reply.status, 503);
    assert.equal(reply.code, 'SlowDown');
    assert.equal(reply.headers['retry-after'], '1');
    assert.equal(reply.headers['x-fedbridge-error'], 'overloaded');
    const line = await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
    assert.deepEqual(line['cause'], { limit, max: limit === 'perCaller' ? PER_CALLER : IN_FLIGHT });
  };

  it('responds with SlowDown to a caller at its limit, and serves other callers', async () => {
    await hold();
    const streams = await startTwo(1);
    await assertSlowedDown(await read(1), 'perCaller');
    assert.equal((await read(2)).status, 200);
    await assertWhole(streams);
    assert.equal((await read(1)).status, 200);
  });

  it('responds with SlowDown to all callers when all slots are taken, but still responds to probes', async () => {
    await hold();
    const streams = [...(await startTwo(1)), ...(await startTwo(2))];
    await assertSlowedDown(await read(3), 'inFlight');
    const whoami = await request(wire.bridge.url, '/-/whoami', { headers: asAccount(wire, 3) });
    assert.equal(whoami.status, 200, 'whoami does not need a slot');
    for (let i = 0; i < 20; i += 1) {
      assert.equal((await wire.get('/-/live')).status, 200);
      assert.equal((await wire.get('/-/ready')).status, 200);
    }
    assert.equal(await wire.metric('fedbridge_requests_in_flight'), IN_FLIGHT);
    await assertWhole(streams);
    await until('all slots are free', async () => (await wire.metric('fedbridge_requests_in_flight')) === 0);
  });

  it('serves the AWS SDK once a slot is free', async () => {
    await hold();
    const streams = await startTwo(4);
    const { authorization = '' } = asAccount(wire, 4);
    const client = new S3Client({
      endpoint: wire.bridge.url,
      region: 'eu-west-1',
      forcePathStyle: true,
      maxAttempts: 15,
      credentials: {
        accessKeyId: 'placeholder',
        secretAccessKey: 'placeholder',
        sessionToken: authorization.slice('Bearer '.length),
      },
    });
    const linesBefore = wire.bridge.lines.length;
    const sent = client.send(new GetObjectCommand({ Bucket: 'acme-lake', Key: 'raw/public/orders.csv' }));
    await wire.bridge.line(
      (line) => line['fault'] === 'overloaded' && wire.bridge.lines.indexOf(line) >= linesBefore,
    );
    await assertWhole(streams);
    const { Body, $metadata } = await sent;
    assert.match((await Body?.transformToString()) ?? '', /^id,item,quantity/);
    assert.ok(($metadata.attempts ?? 0) > 1, 'the SDK has retried');
    client.destroy();
  });

  it("lets a limited number of whoami requests wait for Google's keys while reads continue", async () => {
    await wire.setClocks({ steadyStands: true, ...PATIENT });
    await wire.fault({ upstream: 'certs', fault: 'hold' });
    const unknown = wire.sandbox.mint(googleClaims(wire, 'reader'), { kid: 'unknown' });
    const statuses: number[] = [];
    const requests = Array.from({ length: 130 }, async () => {
      const { status } = await request(wire.bridge.url, '/-/whoami', { headers: asBearer(unknown) });
      statuses.push(status);
    });
    await until('those beyond a hundred are rejected', () => statuses.length === 30);
    assert.equal((await read(3)).status, 200);
    assert.deepEqual(new Set(statuses), new Set([503]));
    await wire.clearFaults();
    await Promise.all(requests);
    assert.deepEqual(new Set(statuses.slice(30)), new Set([401]));
  });
});
