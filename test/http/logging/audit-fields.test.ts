// Each access log line records the decision: who requested what, whether a grant allowed it, and which grant, or why not.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { LogLine } from '../../support/bridge-process.ts';
import { configured, emailOf } from '../../support/configuration.ts';
import { asPod } from '../../support/issuers.ts';
import { VEND_PATH } from '../../support/vended.ts';
import { startWire } from '../../support/wire.ts';
import type { CallerName, Wire, WireOptions } from '../../support/wire.ts';

const FIELDS = ['issuer', 'granted', 'reason', 'grantIndexes', 'role', 'target'];

const lineOf = (wire: Wire, id: unknown): Promise<LogLine> =>
  wire.bridge.line(({ requestId, event }) => requestId === id && event === undefined);

/** Sends a request and returns the fields of its log line that describe the decision. */
async function decisionOn(wire: Wire, path: string, from: Parameters<Wire['get']>[1]): Promise<object> {
  const { headers } = await wire.get(path, from);
  const line = await lineOf(wire, headers['x-request-id']);
  return Object.fromEntries(Object.entries(line).filter(([name]) => FIELDS.includes(name)));
}

describe('the decision in an access log line', () => {
  const options: WireOptions = {
    config: configured({
      buckets: {
        'acme-lake': 'role: lake',
        'lake-alias': 'role: lake, target: acme-lake',
      },
      grants: [
        `callers: [${emailOf('scoped')}], allow: [get], bucket: lake-alias, prefix: raw/`,
        `callers: [${emailOf('reader')}], allow: [get, list], bucket: acme-lake, prefix: raw/public/`,
        `callers: [${emailOf('reader')}], allow: [get, vend], bucket: acme-lake, key: README.txt`,
      ],
    }),
  };
  let wire: Wire;
  before(async () => {
    wire = await startWire(options);
  });
  after(() => wire.close());

  const granted = { issuer: 'google', granted: true };
  const denied = { issuer: 'google', granted: false };
  const cases: readonly (readonly [name: string, as: CallerName, path: string, expected: object])[] = [
    [
      'names the grant that allows a read',
      'reader',
      '/acme-lake/README.txt',
      { ...granted, reason: 'grant', grantIndexes: [2], role: 'lake' },
    ],
    [
      "names the bucket's target in S3 if it has a different name",
      'scoped',
      '/lake-alias/raw/public/orders.csv',
      { ...granted, reason: 'grant', grantIndexes: [0], role: 'lake', target: 'acme-lake' },
    ],
    [
      'shows that a listing above the granted prefixes needs only some grant on the bucket',
      'reader',
      '/acme-lake?list-type=2&delimiter=/',
      { ...granted, reason: 'any_grant' },
    ],
    [
      "shows that a request for a bucket's location needs only some grant on the bucket",
      'reader',
      '/acme-lake?location',
      { ...granted, reason: 'any_grant' },
    ],
    [
      "shows that a list of the caller's buckets needs no grant",
      'reader',
      '/',
      { ...granted, reason: 'own_buckets' },
    ],
    [
      'shows that the caller has no grant on the bucket',
      'stranger',
      '/acme-lake/README.txt',
      { ...denied, reason: 'no_grant' },
    ],
    [
      'shows that the caller has grants on the bucket, but none for this key',
      'reader',
      '/acme-lake/raw/private/salaries.csv',
      { ...denied, reason: 'not_covered' },
    ],
    [
      'shows that the caller may not obtain credentials',
      'scoped',
      '/-/credentials?bucket=lake-alias&mode=aws',
      { ...denied, reason: 'vend_not_granted' },
    ],
    ['is absent if the request does not read from a bucket', 'reader', '/-/whoami', { issuer: 'google' }],
  ];
  for (const [name, as, path, expected] of cases) {
    it(name, async () => {
      assert.deepEqual(await decisionOn(wire, path, { as }), expected);
    });
  }

  it('stays the same if AWS denies what a grant allows', async () => {
    await wire.fault({ upstream: 's3', fault: 'error', code: 'AccessDenied', path: 'README' });
    const decision = await decisionOn(wire, '/acme-lake/README.txt', { as: 'reader' });
    await wire.clearFaults();
    assert.deepEqual(decision, { ...granted, reason: 'grant', grantIndexes: [2], role: 'lake' });
  });

  it('is a denial for a request without a valid token', async () => {
    const headers = { authorization: 'Bearer no-token' };
    assert.deepEqual(await decisionOn(wire, '/acme-lake/README.txt', { headers }), {
      granted: false,
      reason: 'unauthenticated',
    });
  });

  it("is accompanied by S3's request ID, even for JSON lists and for HEAD of a bucket", async () => {
    for (const [path, method] of [
      ['/-/objects?bucket=acme-lake&prefix=raw/public/', 'GET'],
      ['/acme-lake', 'HEAD'],
    ] as const) {
      const { headers } = await wire.get(path, { as: 'reader', method });
      assert.equal(typeof (await lineOf(wire, headers['x-request-id']))['s3RequestId'], 'string', path);
    }
  });

  it('is also logged in a separate line, without the credentials, if credentials are issued', async () => {
    const reply = await wire.get(VEND_PATH, { as: 'reader' });
    assert.equal(reply.status, 200, reply.text);
    const { Expiration: expiration } = JSON.parse(reply.text) as { readonly Expiration: string };
    const id = reply.headers['x-request-id'];
    const { sessionName } = await lineOf(wire, id);
    const { time: _, ...line } = await wire.bridge.line(
      ({ requestId, event }) => requestId === id && event === 'vend',
    );
    assert.deepEqual(line, {
      severity: 'INFO',
      event: 'vend',
      requestId: id,
      caller: emailOf('reader'),
      callerId: '112010400000000710080',
      issuer: 'google',
      bucket: 'acme-lake',
      role: 'lake',
      sessionName,
      grantIndexes: [2],
      expiresAt: expiration,
      message: 'AWS credentials of role lake were issued',
    });
    assert.equal(typeof sessionName, 'string');
  });

  it('is not logged in a separate line if a HEAD request only checks whether credentials may be issued', async () => {
    const { headers } = await wire.get(VEND_PATH, { as: 'reader', method: 'HEAD' });
    await lineOf(wire, headers['x-request-id']);
    const id = headers['x-request-id'];
    assert.ok(!wire.bridge.lines.some(({ requestId, event }) => requestId === id && event === 'vend'));
  });
});

it('an access log line shows the issuer by its name in the configuration', async (test) => {
  const wire = await startWire();
  test.after(() => wire.close());
  const headers = await asPod(wire, 'analytics/etl');
  const decision = await decisionOn(wire, '/-/whoami', { headers });
  assert.deepEqual(decision, { issuer: 'cluster' });
});
