// With our own authorisation turned off AWS still holds each caller to its grants: the session that reads for it may do no more.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { SandboxContract } from '../../../src/sandbox/sandbox.ts';
import { LAKE, LAKE_DATA, TO_LAKE_DATA } from '../../support/chain.ts';
import { READABLE } from '../../support/sessions-at-sts.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';
import { withoutAuthorisation } from '../../support/without-authorization.ts';
import type { ProgramWithoutAuthorisation } from '../../support/without-authorization.ts';

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

/** All of it is there, and the role itself may read it. */
const BEYOND: readonly (readonly [what: string, path: string])[] = [
  ['an object beside its prefix', '/acme-lake/raw/private/salaries.csv'],
  ['an object above its prefix', '/acme-lake/README.txt'],
  ['a list of the whole bucket', '/acme-lake?list-type=2'],
  ['a list from above its prefix', '/acme-lake?list-type=2&prefix=raw/'],
  ['a list without the prefix’s slash', '/acme-lake?list-type=2&prefix=raw/public'],
  ['a list of another prefix', '/acme-lake?list-type=2&prefix=raw/private/'],
  ['a version of an object that it may get', `${READABLE}?versionId=null`],
  ['the tags of an object that it may get', `${READABLE}?tagging`],
  ['the versions below its prefix', '/acme-lake?versions&prefix=raw/public/'],
  ['an object of another bucket', '/acme-other/raw/public/orders.csv'],
  ['a list of another bucket', '/acme-other?list-type=2&prefix=raw/public/'],
];

const LAKE_SESSIONS = LAKE.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/');

/** Session policies do not limit what such statements grant within the account; a Deny in them does. */
const everythingIn = (bucket: string, whom: object): object => ({
  Version: '2012-10-17',
  Statement: {
    Effect: 'Allow',
    Action: 's3:*',
    Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
    ...whom,
  },
});

describe('without our own authorisation', () => {
  let program: ProgramWithoutAuthorisation;
  before(async () => {
    program = await withoutAuthorisation();
  });
  after(() => program.remove());

  for (const [what, role, last, granted] of [
    ['a role', `{ arn: "${LAKE}" }`, LAKE, undefined],
    ['a chain of roles', `{ arn: "${LAKE}", then: [{ ${TO_LAKE_DATA} }] }`, LAKE_DATA, undefined],
    [
      'a role to which bucket policies grant everything by aws:PrincipalArn,',
      `{ arn: "${LAKE}" }`,
      LAKE,
      { Principal: '*', Condition: { ArnEquals: { 'aws:PrincipalArn': LAKE } } },
    ],
    [
      'a role to whose sessions bucket policies grant everything,',
      `{ arn: "${LAKE}" }`,
      LAKE,
      { Principal: { AWS: `${LAKE_SESSIONS}/scoped@acme-prod` } },
    ],
  ] as const) {
    describe(`${what} whose session policy AWS enforces`, () => {
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

      it('still opens what was granted', async () => {
        for (const path of [READABLE, '/acme-lake?list-type=2&prefix=raw/public/'])
          assert.equal((await wire.get(path, { as: 'scoped' })).status, 200, path);
        const [read] = await wire.calls('s3');
        assert.equal(read?.['roleArn'], last);
      });

      for (const [beyond, path] of BEYOND) {
        it(`does not open ${beyond}`, async () => {
          // It is there, and the role may read it: only the session policy is between.
          if (!path.includes('acme-other?'))
            assert.equal((await wire.get(path, { as: 'reader' })).status, 200, 'to who was granted it');
          await wire.forgetCalls();
          const reply = await wire.get(path, { as: 'scoped' });
          assert.deepEqual(
            [reply.status, reply.code, reply.headers['x-fedbridge-error']],
            [403, 'AccessDenied', 'upstream_denied'],
          );
          const asked = await wire.calls('s3');
          assert.ok(asked.length > 0, 'S3 was asked');
          const [bucket = ''] = path.slice(1).split(/[/?]/);
          for (const call of asked) {
            assert.ok(String(call['path']).startsWith(`/${bucket}`), String(call['path']));
            assert.deepEqual([call['status'], call['roleSessionName']], [403, 'scoped@acme-prod']);
          }
        });
      }
    });
  }
});

describe('with it', () => {
  it('S3 is not even asked', async (test) => {
    const wire = await startWire({ config: configured(`{ arn: "${LAKE}" }`) });
    test.after(() => wire.close());
    for (const [beyond, path] of BEYOND) {
      const reply = await wire.get(path, { as: 'scoped' });
      assert.deepEqual([reply.status, reply.headers['x-fedbridge-error']], [403, 'not_granted'], beyond);
    }
    assert.deepEqual(await wire.calls('s3'), []);
  });
});
