// In the module bulk-copy, only Storage Transfer Service may assume the role, and the role may read only the prefix.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfigDocument } from '../../src/cli/read-config.ts';
import { readPolicyOf } from '../../src/policy/read-policy.ts';
import { statementsOf } from '../policy/statements.ts';
import { argumentsOf, copyValues, EVENTS, ONCE, QUEUE_ARN, ROLE_ARN, SUBJECT_ID } from './bulk-copy.ts';
import { fedbridge } from './fedbridge.ts';
import type { Variables } from './sample.ts';

const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';

const LOCATION = {
  Effect: 'Allow',
  Action: ['s3:GetBucketLocation'],
  Resource: ['arn:aws:s3:::acme-lake'],
  Condition: [],
};

const readPolicy = async (variables: Variables): Promise<readonly unknown[]> =>
  statementsOf(String(await copyValues(variables).local('read_policy')));

/** The statements that `fedbridge read-policy` prints for a grant of get and list on the prefix. */
function granted({ prefix, kms_keys: kmsKeys }: Variables): readonly unknown[] {
  const config = readConfigDocument(
    JSON.stringify({
      audience: 'https://lake-bridge.example',
      aws: { region: 'eu-west-1', audience: 'fedbridge' },
      roles: { lake: { arn: ROLE_ARN } },
      buckets: { 'acme-lake': { role: 'lake', ...(kmsKeys === undefined ? {} : { kmsKeys }) } },
      grants: [
        {
          callers: ['reader@acme-prod.iam.gserviceaccount.com'],
          allow: ['get', 'list'],
          bucket: 'acme-lake',
          ...(prefix === null ? {} : { prefix }),
        },
      ],
    }),
    {},
  );
  return statementsOf(readPolicyOf(config, ROLE_ARN));
}

const without = (statements: readonly unknown[], one: unknown): readonly unknown[] =>
  statements.filter((statement) => JSON.stringify(statement) !== JSON.stringify(one));

describe('the AWS role for a bulk copy', () => {
  it('has the trust policy that `fedbridge trust-policy --for storage-transfer` prints', async () => {
    const args = ['--for', 'storage-transfer', '--subject-id', SUBJECT_ID];
    const { status, stdout } = fedbridge('trust-policy', ...args);
    assert.equal(status, 0);
    const policy = String(await copyValues(ONCE).output('trust_policy'));
    assert.deepEqual(JSON.parse(policy), JSON.parse(stdout));
    const role = await argumentsOf('aws_iam_role.copy', ONCE);
    assert.equal(role['assume_role_policy'], policy);
  });

  for (const variables of [
    { prefix: null },
    { prefix: 'raw/public/' },
    { prefix: 'a*?$/' },
    { prefix: 'ключи/' },
    { prefix: 'raw/', kms_keys: [KEY] },
  ]) {
    it(`may read what a grant on the prefix allows, and the bucket's region, with the variables ${JSON.stringify(variables)}`, async () => {
      const statements = await readPolicy({ ...ONCE, ...variables });
      const others = without(statements, LOCATION);
      assert.equal(others.length, statements.length - 1);
      assert.deepEqual(others, granted(variables));
    });
  }

  it('may list keys outside the prefix only if list_whole_bucket is set, and may never read them', async () => {
    const listing = (statements: readonly unknown[]) =>
      statements.filter((statement) => JSON.stringify(statement).includes('s3:ListBucket'));
    const [strict, loose] = [await readPolicy(ONCE), await readPolicy({ ...ONCE, list_whole_bucket: true })];
    assert.deepEqual(listing(loose), listing(granted({ prefix: null })));
    assert.deepEqual(without(loose, listing(loose)[0]), without(strict, listing(strict)[0]));
  });

  it('may read the queue only if the copy is driven by events', async () => {
    const added = (await readPolicy(EVENTS)).filter((statement) =>
      JSON.stringify(statement).includes('sqs:'),
    );
    assert.deepEqual(added, [
      {
        Effect: 'Allow',
        Action: ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:ReceiveMessage'],
        Resource: [QUEUE_ARN],
        Condition: [],
      },
    ]);
    assert.doesNotMatch(JSON.stringify(await readPolicy(ONCE)), /sqs:/);
  });
});
