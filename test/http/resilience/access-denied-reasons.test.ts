// Why S3 denied a read stands in the log, with the remedy for that kind of policy; the caller learns only that it was denied.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { SAMPLE_ROLES } from '../../../src/sandbox/iam/sample-roles.ts';
import type { LogLine } from '../../support/bridge-process.ts';
import { configured, emailOf } from '../../support/configuration.ts';
import type { Reply, RequestOptions } from '../../support/http-request.ts';
import { startWire } from '../../support/wire.ts';
import type { CallerName, Wire } from '../../support/wire.ts';

const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/lake-1';
const FOREIGN_KEY = 'arn:aws:kms:eu-west-1:210987654321:key/theirs';
const LEAK =
  /arn:aws|123456789012|assumed-role|gcp-lake-read|polic(?:y|ies)|explicit|not authorized|kms|boundary/i;

const statement = (fields: object): object => ({ Version: '2012-10-17', Statement: [fields] });
const allow = (action: string | readonly string[], resource = '*'): object => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
});

describe('what S3 denies', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({
      config: configured({
        grants: [
          `callers: [${emailOf('reader')}], allow: [get, list, versions, tags, attributes], bucket: acme-lake`,
          `callers: [${emailOf('scoped')}], allow: [get], bucket: acme-lake, prefix: raw/`,
        ],
      }),
    });
    await wire.control('PUT', '/kms-keys', { arn: KEY });
    await wire.put('sealed.csv', 'sealed', { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: KEY });
  });
  after(() => wire.close());

  /** What the role itself may do from now on; sessions that the bridge holds are bound by it at once. */
  const roleMay = async (...statements: readonly object[]): Promise<void> => {
    const role = SAMPLE_ROLES.find(({ arn }) => arn === wire.sandbox.contract.role);
    await wire.control('PUT', '/roles', {
      ...role,
      permissions: { Version: '2012-10-17', Statement: statements },
    });
  };
  const bucketPolicy = (policy: unknown): Promise<unknown> =>
    wire.control('PUT', '/bucket-policy', { bucket: 'acme-lake', policy });

  const denied = async (
    path: string,
    options: RequestOptions & { readonly as?: CallerName } = {},
  ): Promise<{ readonly reply: Reply; readonly line: LogLine }> => {
    const reply = await wire.get(path, { as: 'reader', ...options });
    assert.deepEqual([reply.status, reply.headers['x-fedbridge-error']], [403, 'upstream_denied']);
    // S3's own ID is of random letters, in which anything may be found.
    const told = `${reply.text}${JSON.stringify(reply.headers)}`;
    assert.doesNotMatch(told.replaceAll(String(reply.headers['x-amz-id-2']), ''), LEAK);
    const line = await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
    assert.equal(line['severity'], 'WARNING');
    return { reply, line };
  };
  const ofRead = { code: 'AccessDenied', status: 403, action: 's3:GetObject' };

  it("because the role's own policy allows it not", async () => {
    await roleMay(allow('s3:ListBucket'), allow('s3:GetObject', 'arn:aws:s3:::acme-lake/raw/*'));
    const { line } = await denied('/acme-lake/README.txt');
    assert.deepEqual(line['s3'], { ...ofRead, reason: 'role policy', explicit: false });
    assert.match(String(line['remedy']), /^Allow s3:GetObject in the role's own policy/);
  });

  it("because the role's own policy denies it", async () => {
    await roleMay(allow('s3:*'), { ...allow('s3:GetObject*', '*'), Effect: 'Deny' });
    const { line } = await denied('/acme-lake/README.txt');
    assert.deepEqual(line['s3'], { ...ofRead, reason: 'role policy', explicit: true });
    assert.match(String(line['remedy']), /^A Deny in the role's own policy/);
    const { line: ofTags } = await denied('/acme-lake/README.txt?tagging');
    assert.equal((ofTags['s3'] as { action: string }).action, 's3:GetObjectTagging');
  });

  it("because the bucket's policy lets in another network only", async () => {
    await roleMay(allow('s3:*'));
    const arn = 'arn:aws:s3:::acme-lake';
    await bucketPolicy(
      statement({
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:GetObject',
        Resource: `${arn}/*`,
        Condition: { NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } },
      }),
    );
    const { line } = await denied('/acme-lake/README.txt');
    await bucketPolicy(null);
    assert.deepEqual(line['s3'], { ...ofRead, reason: 'bucket policy', explicit: true });
    assert.match(String(line['remedy']), /bucket's policy.*aws:SourceIp/);
  });

  it('because the bucket names no KMS key for the session policy', async () => {
    await roleMay(allow(['s3:*', 'kms:Decrypt']));
    const { line } = await denied('/acme-lake/sealed.csv');
    assert.deepEqual(line['s3'], {
      ...ofRead,
      action: 'kms:Decrypt',
      reason: 'session policy',
      explicit: false,
      kmsKey: KEY,
    });
    assert.match(String(line['remedy']), /^Add the object's KMS key to the bucket's kmsKeys/);
  });

  it("because the KMS key's policy leaves the role out", async () => {
    const policy = statement({
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::123456789012:role/other' },
      Action: 'kms:*',
      Resource: '*',
    });
    await wire.control('PUT', '/kms-keys', { arn: KEY, policy });
    const { line } = await denied('/acme-lake/sealed.csv');
    await wire.control('PUT', '/kms-keys', { arn: KEY });
    assert.equal((line['s3'] as { reason: string }).reason, 'key policy');
    assert.match(String(line['remedy']), /KMS key's policy/);
  });

  it("because the KMS key is another account's", async () => {
    const policy = statement({
      Effect: 'Allow',
      Principal: '*',
      Action: 'kms:*',
      Resource: '*',
    });
    await wire.control('PUT', '/kms-keys', { arn: FOREIGN_KEY, policy });
    await wire.put('theirs.csv', 'x', { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: FOREIGN_KEY });
    await roleMay(allow('s3:*'));
    const { line } = await denied('/acme-lake/theirs.csv');
    assert.deepEqual(line['s3'], { code: 'AccessDenied', status: 403, action: 'kms:Decrypt' });
    assert.match(String(line['remedy']), /kmsKeys.*role's policy.*key's policy/);
  });

  it('because the object is missing, and the caller may not list', async () => {
    const { line } = await denied('/acme-lake/raw/none', { as: 'scoped' });
    assert.equal((line['s3'] as { action: string }).action, 's3:ListBucket');
    assert.match(String(line['remedy']), /no such object/);
  });

  it('because of a policy of the organization, which S3 names', async () => {
    const policyArn = 'arn:aws:organizations::777788889999:policy/o-example/service_control_policy/p-example';
    await wire.fault({
      supplier: 's3',
      fault: 'error',
      code: 'AccessDenied',
      message: `User: arn:aws:sts::123456789012:assumed-role/x/y is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::acme-lake/README.txt" with an explicit deny in a service control policy: ${policyArn}`,
    });
    const { line } = await denied('/acme-lake/README.txt');
    await wire.clearFaults();
    assert.deepEqual(line['s3'], { ...ofRead, reason: 'service control policy', explicit: true, policyArn });
    assert.match(String(line['remedy']), /SCP/);
  });

  it('with words that nobody knows, or that are too long, leaves the four places to look at', async () => {
    const user =
      'User: arn:aws:sts::123456789012:assumed-role/x/y is not authorized to perform: s3:GetObject';
    for (const message of ['Access Denied', `${user} because of a tax`, `${user} ${'x'.repeat(20_000)}`]) {
      await wire.fault({ supplier: 's3', fault: 'error', code: 'AccessDenied', message });
      const { line } = await denied('/acme-lake/README.txt');
      await wire.clearFaults();
      assert.equal((line['s3'] as { reason?: string }).reason, undefined);
      assert.match(String(line['remedy']), /role's policy.*session policy.*bucket's policy.*KMS key/);
    }
  });

  it('to HEAD, which has no body to say why, leaves them too', async () => {
    await roleMay(allow('s3:ListBucket'));
    const { line } = await denied('/acme-lake/README.txt', { method: 'HEAD' });
    assert.deepEqual(line['s3'], { status: 403 });
    assert.match(String(line['remedy']), /HEAD.*four places/);
  });

  it("is not read out of a caller's key", async () => {
    await roleMay(allow('s3:ListBucket'));
    const key = 'x" because no session policy allows the s3:GetObject action';
    const { line } = await denied(`/acme-lake/${encodeURIComponent(key)}`);
    assert.deepEqual(line['s3'], { ...ofRead, reason: 'role policy', explicit: false });
  });

  it('for a key that nobody can use, says that', async () => {
    await wire.fault({
      supplier: 's3',
      fault: 'error',
      code: 'KMS.DisabledException',
      message: `${KEY} is disabled.`,
    });
    const reply = await wire.get('/acme-lake/sealed.csv', { as: 'reader' });
    await wire.clearFaults();
    assert.deepEqual([reply.status, reply.code], [400, 'KMS.DisabledException']);
    assert.doesNotMatch(reply.text, /arn:aws/);
    const line = await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
    assert.match(String(line['remedy']), /KMS key is disabled/);
  });
});
