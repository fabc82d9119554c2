// In the Terraform files, each role's policy allows exactly what the bridge's sessions for callers need. It is the same policy
// that `fedbridge read-policy` prints.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfigDocument } from '../../src/cli/read-config.ts';
import { readPolicyOf } from '../../src/policy/read-policy.ts';
import { compilePolicy } from '../../src/policy/session-policy.ts';
import { evaluate, readPolicy } from '../../src/sandbox/iam/policy.ts';
import type { Policy } from '../../src/sandbox/iam/policy.ts';
import { statementsOf } from '../policy/statements.ts';
import { readModule } from './modules.ts';
import type { Block, Body } from './modules.ts';
import { FIVE, readExample, rootValues } from './sample.ts';
import type { Variables } from './sample.ts';

const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';

const VARIABLES: Variables = {
  ...FIVE,
  roles: { lake: {}, ledger: {} },
  buckets: {
    'acme-lake': { role: 'lake' },
    'acme-ledger': { role: 'ledger', target: 'ledger-eu', region: 'eu-west-1', kms_keys: [KEY] },
    'acme-point': { role: 'ledger', target: 'arn:aws:s3:eu-west-1:123456789012:accesspoint/point' },
  },
  grants: [
    {
      callers: ['a@example.com'],
      bucket: 'acme-lake',
      prefix: 'raw/public/',
      allow: ['get', 'list', 'vend'],
    },
    { callers: ['b@example.com'], bucket: 'acme-lake', prefix: 'a*?$/', allow: ['get', 'versions', 'tags'] },
    { callers: ['b@example.com'], bucket: 'acme-lake', key: 'one.csv', allow: ['get', 'attributes'] },
    { callers: ['c@example.com'], bucket: 'acme-lake', prefix: 'ключи/', allow: ['get'] },
    { callers: ['d@example.com'], bucket: 'acme-ledger', allow: ['get', 'list', 'versions'] },
    { callers: ['d@example.com'], bucket: 'acme-point', prefix: 'p/' },
  ],
};

const OBJECT_ACTIONS = [
  'GetObject',
  'GetObjectVersion',
  'GetObjectTagging',
  'GetObjectVersionTagging',
].concat(['GetObjectAttributes', 'GetObjectVersionAttributes', 'PutObject', 'DeleteObject']);
const LIST_ACTIONS = ['ListBucket', 'ListBucketVersions', 'GetBucketPolicy'];
const BUCKETS = ['arn:aws:s3:::acme-lake', 'arn:aws:s3:::ledger-eu', 'arn:aws:s3:::other'];
const POINT = 'arn:aws:s3:eu-west-1:123456789012:accesspoint/point';
const KEYS = [
  'raw/public/x',
  'raw/publicx',
  'raw/private/x',
  'a*?$/x',
  'ab?$/x',
  'a*b$/x',
  'one.csv',
  'one.csvx',
  'ключи/x',
  'p/x',
  '',
];

interface PolicyRequest {
  readonly action: string;
  readonly resource: string;
  readonly context: ReadonlyMap<string, readonly string[]>;
}

const REQUESTS: readonly PolicyRequest[] = [
  ...OBJECT_ACTIONS.flatMap((action) =>
    [...BUCKETS.map((bucket) => `${bucket}/`), `${POINT}/object/`].flatMap((base) =>
      KEYS.map((key) => ({ action: `s3:${action}`, resource: base + key, context: new Map() })),
    ),
  ),
  ...LIST_ACTIONS.flatMap((action) =>
    [...BUCKETS, POINT].flatMap((resource) =>
      KEYS.map((prefix) => ({
        action: `s3:${action}`,
        resource,
        context: new Map([['s3:prefix', [prefix]]]),
      })),
    ),
  ),
  ...['s3.eu-west-1.amazonaws.com', 's3.us-east-1.amazonaws.com', 'ec2.eu-west-1.amazonaws.com'].map(
    (service) => ({
      action: 'kms:Decrypt',
      resource: KEY,
      context: new Map([['kms:viaservice', [service]]]),
    }),
  ),
];

const isAllowed = (policies: readonly Policy[], request: PolicyRequest): boolean =>
  policies.some((policy) => evaluate(policy, request) === 'allowed');
const described = ({ action, resource, context }: PolicyRequest): string =>
  `${action} ${resource} ${JSON.stringify([...context])}`;

const root = await rootValues(VARIABLES);
const policies = (await root.output('read_policies')) as Record<string, string>;
const config = readConfigDocument(String(await root.output('config')), {});

/** @returns the session policies for a caller with all of the role's grants */
const sessionsOf = (role: string): Policy[] =>
  [...config.buckets.values()]
    .filter((bucket) => bucket.role.name === role)
    .map((bucket) => {
      const grants = config.grants.filter((grant) => grant.bucket === bucket.name);
      return readPolicy(compilePolicy(bucket, grants), 'identity');
    });

describe("a role's permission policy in the Terraform files", () => {
  for (const [role, text] of Object.entries(policies)) {
    it(`allows what the sessions of ${role} need`, () => {
      const needed = REQUESTS.filter((request) => isAllowed(sessionsOf(role), request));
      assert.ok(needed.length > 5, 'the sessions allow enough requests');
      const own = readPolicy(text, 'identity');
      assert.deepEqual(needed.filter((request) => !isAllowed([own], request)).map(described), []);
    });
    it(`does not allow anything that the sessions of ${role} do not need`, () => {
      const own = readPolicy(text, 'identity');
      const allowed = REQUESTS.filter((request) => isAllowed([own], request));
      assert.deepEqual(allowed.filter((request) => !isAllowed(sessionsOf(role), request)).map(described), []);
    });
    it(`equals the output of \`fedbridge read-policy\` for ${role}`, () => {
      const arn = config.roles.get(role)?.arn ?? '';
      assert.deepEqual(statementsOf(readPolicyOf(config, arn)), statementsOf(text));
    });
    it(`for ${role} contains only characters that IAM accepts`, () => {
      assert.match(text, /^[ -\u00ff]+$/);
    });
  }
  it('exists for each role that reads a bucket', () => {
    assert.deepEqual(Object.keys(policies), ['lake', 'ledger']);
  });
});

describe('a role in the Terraform files that is not the last in its chain', () => {
  it('can only assume the next role, and pass on tags and the source identity', async () => {
    const { variables } = await readExample('second-hop-role');
    const hop = await (await rootValues(variables)).evaluate('${local.roles_created["lake"].then[0]}');
    const values = await rootValues(variables, { each: { key: 'lake', value: hop } });
    const resources = (await readModule('')).resources;
    const policyOf = (address: string): Body =>
      resources.find((block) => block.address === address)?.body ?? {};
    assert.deepEqual(
      JSON.parse(String(await values.evaluate(policyOf('aws_iam_role_policy.hop')['policy']))),
      {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: ['sts:AssumeRole', 'sts:SetSourceIdentity', 'sts:TagSession'],
            Resource: 'arn:aws:iam::210987654321:role/lake-data',
          },
        ],
      },
    );
    assert.deepEqual(await values.evaluate(policyOf('aws_iam_role_policy.read')['for_each']), {});
  });

  it('has the policy that `fedbridge read-policy` prints, and so does the next role', async () => {
    const { module, values: example, variables } = await readExample('second-hop-role');
    const hop = await (await rootValues(variables)).evaluate('${local.roles_created["lake"].then[0]}');
    const values = await rootValues(variables, { each: { key: 'lake', value: hop } });
    const chained = readConfigDocument(String(await values.output('config')), {});
    const { arn = '', then = [] } = chained.roles.get('lake') ?? {};
    const policyIn = (body: readonly Block[], address: string): unknown =>
      body.find((block) => block.address === address)?.body['policy'];
    const own = await values.evaluate(policyIn((await readModule('')).resources, 'aws_iam_role_policy.hop'));
    assert.deepEqual(statementsOf(readPolicyOf(chained, arn)), statementsOf(String(own)));
    const owners = await example.evaluate(policyIn(module.resources, 'aws_iam_role_policy.owner'));
    assert.deepEqual(statementsOf(readPolicyOf(chained, then[0]?.arn ?? '')), statementsOf(String(owners)));
  });

  it("can assume only the next role, even if that role's path contains IAM's wildcards", async () => {
    const { variables } = await readExample('second-hop-role');
    const hop = await (await rootValues(variables)).evaluate('${local.roles_created["lake"].then[0]}');
    const value = { ...(hop as Body), arn: 'arn:aws:iam::210987654321:role/te*m/$?/lake-data' };
    const values = await rootValues(variables, { each: { key: 'lake', value } });
    const { resources } = await readModule('');
    const policy = resources.find(({ address }) => address === 'aws_iam_role_policy.hop')?.body['policy'];
    assert.match(
      String(await values.evaluate(policy)),
      /"Resource":"arn:aws:iam::210987654321:role\/te\$\{\*\}m\/\$\{\$\}\$\{\?\}\/lake-data"/,
    );
  });
});
