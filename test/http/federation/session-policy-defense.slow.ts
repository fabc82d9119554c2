// Even if the bridge's authorization is turned off, AWS limits each caller to its grants, because the caller's session allows
// nothing else.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { SandboxContract } from '../../../src/sandbox/sandbox.ts';
import { LAKE, LAKE_DATA, TO_LAKE_DATA } from '../../support/chain.ts';
import { READABLE } from '../../support/sessions-at-sts.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';
import { withoutAuthorization } from '../../support/without-authorization.ts';
import type { ProgramWithoutAuthorization } from '../../support/without-authorization.ts';

const configured =
  (role: string) =>
  ({ audience, region, callers }: SandboxContract): string => `
audience: ${audience}
aws: { region: ${region} }
roles: { lake: ${role} }
buckets: { acme-lake: { role: lake }, acme-other: { role: lake } }
grants:
  - { callers: [${callers.reader}], allow: [get, list, versions, tags], bucket: acme-lake }
  - { callers: [${callers.reader}], allow: [get], bucket: acme-other }
  - { callers: [${callers.scoped}], allow: [get, list], bucket: acme-lake, prefix: raw/public/ }
`;

/** Requests that the role itself may make, but that the grants of the caller `scoped` do not cover. */
const BEYOND: readonly (readonly [what: string, path: string])[] = [
  ['reading an object next to its prefix', '/acme-lake/raw/private/salaries.csv'],
  ['reading an object above its prefix', '/acme-lake/README.txt'],
  ['listing the whole bucket', '/acme-lake?list-type=2'],
  ['listing the parent of its prefix', '/acme-lake?list-type=2&prefix=raw/'],
  ['listing its prefix without the trailing slash', '/acme-lake?list-type=2&prefix=raw/public'],
  ['listing another prefix', '/acme-lake?list-type=2&prefix=raw/private/'],
  ['reading a version of a readable object', `${READABLE}?versionId=null`],
  ['reading the tags of a readable object', `${READABLE}?tagging`],
  ['listing the versions below its prefix', '/acme-lake?versions&prefix=raw/public/'],
  ['reading an object in another bucket', '/acme-other/raw/public/orders.csv'],
  ['listing another bucket', '/acme-other?list-type=2&prefix=raw/public/'],
];

const LAKE_SESSIONS = LAKE.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/');

/**
 * A bucket policy that allows everything. In the bucket's own account, a session policy can limit this access only with a Deny
 * statement.
 */
const everythingIn = (bucket: string, principal: object): object => ({
  Version: '2012-10-17',
  Statement: {
    Effect: 'Allow',
    Action: 's3:*',
    Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
    ...principal,
  },
});

describe("the session policy, with the bridge's authorization disabled", () => {
  let program: ProgramWithoutAuthorization;
  before(async () => {
    program = await withoutAuthorization();
  });
  after(() => program.remove());

  for (const [what, role, last, granted] of [
    ['a role', `{ arn: "${LAKE}" }`, LAKE, undefined],
    ['a chain of roles', `{ arn: "${LAKE}", then: [{ ${TO_LAKE_DATA} }] }`, LAKE_DATA, undefined],
    [
      'a role that bucket policies grant everything through aws:PrincipalArn',
      `{ arn: "${LAKE}" }`,
      LAKE,
      { Principal: '*', Condition: { ArnEquals: { 'aws:PrincipalArn': LAKE } } },
    ],
    [
      'a role whose sessions are granted everything by bucket policies',
      `{ arn: "${LAKE}" }`,
      LAKE,
      { Principal: { AWS: `${LAKE_SESSIONS}/scoped@acme-prod` } },
    ],
  ] as const) {
    describe(`for ${what}`, () => {
      let wire: Wire;
      before(async () => {
        wire = await startWire({ program, config: configured(role) });
        const { s3: endpoint, region, owner: credentials } = wire.sandbox.contract;
        const owner = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
        await owner.send(new CreateBucketCommand({ Bucket: 'acme-other' }));
        await owner.send(
          new PutObjectCommand({ Bucket: 'acme-other', Key: 'raw/public/orders.csv', Body: 'x' }),
        );
        owner.destroy();
        for (const bucket of ['acme-lake', 'acme-other']) {
          const policy = granted === undefined ? null : everythingIn(bucket, granted);
          await wire.control('PUT', '/bucket-policy', { bucket, policy });
        }
        await wire.forgetCalls();
      });
      after(() => wire.close());

      it('allows what the caller was granted', async () => {
        for (const path of [READABLE, '/acme-lake?list-type=2&prefix=raw/public/'])
          assert.equal((await wire.get(path, { as: 'scoped' })).status, 200, path);
        const [read] = await wire.calls('s3');
        assert.equal(read?.['roleArn'], last);
      });

      for (const [beyond, path] of BEYOND) {
        it(`does not allow ${beyond}`, async () => {
          // The object exists and the role may read it, so only the session policy can deny the request.
          if (!path.includes('acme-other?'))
            assert.equal(
              (await wire.get(path, { as: 'reader' })).status,
              200,
              'allowed for a caller with the grant',
            );
          await wire.forgetCalls();
          const reply = await wire.get(path, { as: 'scoped' });
          assert.deepEqual(
            [reply.status, reply.code, reply.headers['x-fedbridge-error']],
            [403, 'AccessDenied', 'upstream_denied'],
          );
          const calls = await wire.calls('s3');
          assert.ok(calls.length > 0, 'S3 was called');
          const [bucket = ''] = path.slice(1).split(/[/?]/);
          for (const call of calls) {
            assert.ok(String(call['path']).startsWith(`/${bucket}`), String(call['path']));
            assert.deepEqual([call['status'], call['roleSessionName']], [403, 'scoped@acme-prod']);
          }
        });
      }
    });
  }
});

describe("the bridge's authorization", () => {
  it('denies a request without calling S3', async (test) => {
    const wire = await startWire({ config: configured(`{ arn: "${LAKE}" }`) });
    test.after(() => wire.close());
    for (const [beyond, path] of BEYOND) {
      const reply = await wire.get(path, { as: 'scoped' });
      assert.deepEqual([reply.status, reply.headers['x-fedbridge-error']], [403, 'not_granted'], beyond);
    }
    assert.deepEqual(await wire.calls('s3'), []);
  });
});
