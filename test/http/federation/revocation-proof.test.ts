// Sessions that were revoked by the role's owner are renewed. Denials that only look like a revocation cause few renewals.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { configured } from '../../support/configuration.ts';
import { revokeRole } from '../../support/revocation.ts';
import { startStandIn } from '../../support/stand-in.ts';
import type { Respond, StandIn } from '../../support/stand-in.ts';
import { asAccount, openToProject, READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import { refuse } from '../../support/stand-in-wire.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const CALLERS = [1, 2, 3, 4, 5];
const OTHERS = Array.from({ length: 20 }, (_, i) => i + 10);
const ROLE_DENIES =
  'User: arn:aws:sts::123456789012:assumed-role/gcp-lake-read/x is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::acme-lake/late" with an explicit deny in an identity-based policy';

const statusesOf = (
  wire: Wire,
  callers: readonly number[],
  path: string,
  method = 'GET',
): Promise<number[]> =>
  Promise.all(
    callers.map(async (n) => (await wire.get(path, { method, headers: asAccount(wire, n) })).status),
  );

describe("sessions that the role's owner revokes", () => {
  it('are replaced with one STS call per caller, and no read fails', async (test) => {
    const wire = await startWire({ config: openToProject() });
    test.after(() => wire.close());
    assert.deepEqual(await statusesOf(wire, CALLERS, READABLE), [200, 200, 200, 200, 200]);
    await revokeRole(wire, { Effect: 'Allow', Action: ['s3:GetObject', 's3:ListBucket'], Resource: '*' });
    await wire.forgetCalls();
    for (let i = 0; i < 3; i += 1)
      assert.deepEqual(await statusesOf(wire, CALLERS, READABLE), [200, 200, 200, 200, 200]);
    assert.equal((await sessionsAtSts(wire)).length, CALLERS.length);
  });
});

describe('a read that succeeds on retry after a denial', () => {
  /** S3 denies every read of `missing`, but only the first read of `late`, as if `late` had been uploaded after that read. */
  const startWithLateObject = async (
    test: TestContext,
    deny: Respond,
  ): Promise<{ readonly wire: Wire; readonly s3: StandIn }> => {
    let reads = 0;
    const s3 = await startStandIn((request, response) => {
      if (request.url?.includes('missing') === true) response.writeHead(403).end();
      else if (request.url?.includes('late') === true && (reads += 1) === 1) return deny(request, response);
      else
        response
          .writeHead(200, { 'content-length': 2, etag: '"e1"' })
          .end(request.method === 'HEAD' ? '' : 'ok');
      return undefined;
    });
    const wire = await startWire({
      config: configured({
        buckets: { 'acme-lake': `role: lake, region: eu-west-1, endpoint: "${s3.origin}"` },
        grants: ['callers: ["project:acme-prod"], allow: [get], bucket: acme-lake'],
      }),
    });
    test.after(async () => {
      await wire.close();
      s3.close();
    });
    return { wire, s3 };
  };

  const DENIALS: readonly (readonly [what: string, method: string, deny: Respond])[] = [
    ['without a body', 'HEAD', (_, response) => void response.writeHead(403).end()],
    [
      'without a reason',
      'GET',
      (_, response) => {
        refuse(response, 403, 'AccessDenied');
      },
    ],
    [
      "by the role's own policy",
      'GET',
      (_, response) => {
        response
          .writeHead(403)
          .end(`<Error><Code>AccessDenied</Code><Message>${ROLE_DENIES}</Message></Error>`);
      },
    ],
  ];

  for (const [what, method, deny] of DENIALS) {
    it(`${what} causes a renewal of only its caller's session`, async (test) => {
      const { wire } = await startWithLateObject(test, deny);
      assert.deepEqual(new Set(await statusesOf(wire, [1, ...OTHERS], '/acme-lake/a')), new Set([200]));
      await wire.forgetCalls();
      assert.deepEqual(await statusesOf(wire, [1], '/acme-lake/late', method), [200]);
      assert.equal((await sessionsAtSts(wire)).length, 1);
      assert.deepEqual(new Set(await statusesOf(wire, OTHERS, '/acme-lake/a')), new Set([200]));
      assert.equal((await sessionsAtSts(wire)).length, 1, 'the other sessions are still in use');
    });

    it(`${what} does not exempt other sessions from the renewal budget`, async (test) => {
      const { wire } = await startWithLateObject(test, deny);
      await statusesOf(wire, [1, ...OTHERS], '/acme-lake/a');
      assert.deepEqual(await statusesOf(wire, [1], '/acme-lake/late', method), [200]);
      await wire.forgetCalls();
      const begun = performance.now();
      const denied = await statusesOf(wire, OTHERS, '/acme-lake/missing', 'HEAD');
      assert.deepEqual(new Set(denied), new Set([403]));
      const seconds = (performance.now() - begun) / 1000;
      const calls = (await sessionsAtSts(wire)).length;
      assert.ok(calls <= 10 + seconds / 30 + 1, `${calls} calls in ${seconds} s`);
    });
  }
});
