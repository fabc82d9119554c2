// The log shows why S3 denied a read, with a remedy for the policy that denied it. The caller sees only that the read was
// denied.
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

describe('a read that S3 denies', () => {
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

  /** Replaces the role's own permissions, with immediate effect on the bridge's existing sessions. */
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
    // S3's host ID consists of random characters, which could match the pattern by chance.
    const sent = `${reply.text}${JSON.stringify(reply.headers)}`;
    assert.doesNotMatch(sent.replaceAll(String(reply.headers['x-amz-id-2']), ''), LEAK);
    const line = await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
    assert.equal(line['severity'], 'WARNING');
    return { reply, line };
  };
  const ofRead = { code: 'AccessDenied', status: 403, action: 's3:GetObject' };

  it("is logged with a remedy if the role's own policy does not allow it", async () => {
    await roleMay(allow('s3:ListBucket'), allow('s3:GetObject', 'arn:aws:s3:::acme-lake/raw/*'));
    const { line } = await denied('/acme-lake/README.txt');
    assert.deepEqual(line['s3'], { ...ofRead, reason: 'role policy', explicit: false });
    assert.match(String(line['remedy']), /^Allow s3:GetObject in the role's own policy/);
  });

  it("is logged with a remedy if the role's own policy denies it", async () => {
    await roleMay(allow('s3:*'), { ...allow('s3:GetObject*', '*'), Effect: 'Deny' });
    const { line } = await denied('/acme-lake/README.txt');
    assert.deepEqual(line['s3'], { ...ofRead, reason: 'role policy', explicit: true });
    assert.match(String(line['remedy']), /^A Deny statement in the role's own policy/);
    const { line: ofTags } = await denied('/acme-lake/README.txt?tagging');
    assert.equal((ofTags['s3'] as { action: string }).action, 's3:GetObjectTagging');
  });

  it('is logged with a remedy if the bucket policy allows only a different network', async () => {
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
    assert.match(String(line['remedy']), /bucket policy.*aws:SourceIp/);
  });

  it('is logged with a remedy if no KMS key is configured for the bucket', async () => {
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

  it('is logged with a remedy if the KMS key policy does not include the role', async () => {
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

  it('is logged with a remedy if the KMS key belongs to a different account', async () => {
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

  it('is logged with a remedy if the object is missing and the caller is not allowed to list objects', async () => {
    const { line } = await denied('/acme-lake/raw/none', { as: 'scoped' });
    assert.equal((line['s3'] as { action: string }).action, 's3:ListBucket');
    assert.match(String(line['remedy']), /object most likely does not exist/);
  });

  it('is logged with the ARN of the organization policy that denied it', async () => {
    const policyArn = 'arn:aws:organizations::777788889999:policy/o-example/service_control_policy/p-example';
    await wire.fault({
      upstream: 's3',
      fault: 'error',
      code: 'AccessDenied',
      message: `User: arn:aws:sts::123456789012:assumed-role/x/y is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::acme-lake/README.txt" with an explicit deny in a service control policy: ${policyArn}`,
    });
    const { line } = await denied('/acme-lake/README.txt');
    await wire.clearFaults();
    assert.deepEqual(line['s3'], { ...ofRead, reason: 'service control policy', explicit: true, policyArn });
    assert.match(String(line['remedy']), /SCP/);
  });

  it('is logged with all possible causes if the message is unknown or too long', async () => {
    const user =
      'User: arn:aws:sts::123456789012:assumed-role/x/y is not authorized to perform: s3:GetObject';
    for (const message of ['Access Denied', `${user} because of a tax`, `${user} ${'x'.repeat(20_000)}`]) {
      await wire.fault({ upstream: 's3', fault: 'error', code: 'AccessDenied', message });
      const { line } = await denied('/acme-lake/README.txt');
      await wire.clearFaults();
      assert.equal((line['s3'] as { reason?: string }).reason, undefined);
      assert.match(String(line['remedy']), /role's policy.*bucket policy.*session policy.*KMS key/);
    }
  });

  it('is logged with all possible causes for HEAD, whose response has no body to give a reason', async () => {
    await roleMay(allow('s3:ListBucket'));
    const { line } = await denied('/acme-lake/README.txt', { method: 'HEAD' });
    assert.deepEqual(line['s3'], { status: 403 });
    assert.match(String(line['remedy']), /HEAD.*kmsKeys/);
  });

  it("is not attributed to a policy because of text in the caller's key", async () => {
    await roleMay(allow('s3:ListBucket'));
    const key = 'x" because no session policy allows the s3:GetObject action';
    const { line } = await denied(`/acme-lake/${encodeURIComponent(key)}`);
    assert.deepEqual(line['s3'], { ...ofRead, reason: 'role policy', explicit: false });
  });

  it('is logged with a remedy if the KMS key is disabled', async () => {
    await wire.fault({
      upstream: 's3',
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
