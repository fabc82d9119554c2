// A reload keeps the cache, but objects are served only under the new grants, roles and settings, never under an old confirmation.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { DeleteBucketPolicyCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import type { SandboxContract } from '../../src/sandbox/sandbox.ts';
import { emailOf } from '../support/configuration.ts';
import type { Reply } from '../support/http-request.ts';
import { ownerOf } from '../support/owner.ts';
import { startReloading } from '../support/reloading.ts';
import type { ReloadingWire } from '../support/reloading.ts';

interface Shape {
  readonly role?: string;
  readonly bucket?: string;
  readonly caller?: 'reader' | 'scoped';
  readonly grant?: string;
  readonly cache?: string;
}

const CHAINED = 'then: [{ arn: "arn:aws:iam::210987654321:role/lake-data", externalId: 7f3c }]';

const yaml =
  ({ role = '', bucket = '', caller = 'reader', grant = '', cache = 'freshFor: 1h' }: Shape = {}) =>
  (contract: SandboxContract): string => `
audience: ${contract.audience}
aws: { region: ${contract.region}, audience: ${contract.awsAudience} }
roles: { lake: { arn: "${contract.role}", ${role} } }
buckets:
  acme-lake: { role: lake, ${bucket} }
grants:
  - { callers: ["${emailOf(caller)}"], allow: [get], bucket: acme-lake, ${grant} }
cache: { memory: 16MiB, ${cache} }`;

const PATH = '/acme-lake/d/one.txt';

describe('a cached object, after a reload', () => {
  let wire: ReloadingWire;
  const reload = async (shape?: Shape): Promise<void> => {
    const line = await wire.reload(yaml(shape)(wire.sandbox.contract));
    assert.equal(line['applied'], true, JSON.stringify(line));
  };
  /** Reads the object, and returns also what S3 received. */
  const read = async (as: 'reader' | 'scoped' = 'reader'): Promise<readonly [Reply, ...string[]]> => {
    await wire.forgetCalls();
    const reply = await wire.get(PATH, { as });
    const calls = (await wire.calls('s3')).map(({ method, status }) => `${String(method)} ${String(status)}`);
    return [reply, ...calls];
  };
  const isHit = async (): Promise<boolean> => {
    const [{ status, headers }, ...calls] = await read();
    return status === 200 && headers['cache-status'] === 'fedbridge; hit' && calls.length === 0;
  };
  before(async () => {
    wire = await startReloading(yaml());
    await wire.put('d/one.txt', 'first');
    assert.equal((await read())[0].text, 'first');
    assert.ok(await isHit());
  });
  after(() => wire.close());
  afterEach(async () => {
    await reload();
    const [{ status, text }] = await read();
    assert.deepEqual([status, text], [200, 'first']);
    assert.ok(await isHit());
  });

  it('is still served from memory if nothing changed', async () => {
    await reload();
    assert.ok(await isHit());
  });

  it('is denied to a caller whose grant was removed, and S3 confirms it to the new caller', async () => {
    await reload({ caller: 'scoped' });
    const [{ status, text }, ...calls] = await read('reader');
    assert.deepEqual([status, calls], [403, []]);
    assert.ok(!text.includes('first'));
    const [granted, ...confirmed] = await read('scoped');
    assert.deepEqual([granted.text, confirmed], ['first', ['GET 304']]);
  });

  it('is denied if the grant no longer includes its key', async () => {
    await reload({ grant: 'prefix: other/' });
    const [{ status }, ...calls] = await read();
    assert.deepEqual([status, calls], [403, []]);
  });

  it('needs a new confirmation if the grant is narrowed, because the session has another policy', async () => {
    await reload({ grant: 'prefix: d/' });
    const [{ text }, ...calls] = await read();
    assert.deepEqual([text, calls], ['first', ['GET 304']]);
  });

  it('needs a new confirmation if the role has changed, and is denied if S3 denies it to the new role', async () => {
    await reload({ role: 'session: bridge' });
    const [{ text }, ...calls] = await read();
    assert.deepEqual([text, calls], ['first', ['GET 304']]);
    const owner = ownerOf(wire);
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: {
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:GetObject',
        Resource: 'arn:aws:s3:::acme-lake/*',
        Condition: { StringLike: { 'aws:PrincipalArn': '*lake-data*' } },
      },
    });
    await owner.send(new PutBucketPolicyCommand({ Bucket: 'acme-lake', Policy }));
    await reload({ role: CHAINED });
    const [denied] = await read();
    assert.equal(denied.status, 403);
    assert.ok(!denied.text.includes('first'));
    await owner.send(new DeleteBucketPolicyCommand({ Bucket: 'acme-lake' }));
    owner.destroy();
  });

  it("needs a new confirmation if the bucket's settings have changed, because S3 checks them", async () => {
    await reload({ bucket: 'expectedOwner: "999999999999"' });
    const [{ status }, ...calls] = await read();
    assert.deepEqual([status, calls.at(-1)], [403, 'GET 403']);
  });

  it('is no longer served from memory if the bucket is excluded', async () => {
    await reload({ bucket: 'cache: false' });
    const [excluded, ...calls] = await read();
    assert.deepEqual([excluded.headers['cache-status'], calls], ['fedbridge; fwd=bypass', ['GET 200']]);
  });

  it('is confirmed by each read if freshFor becomes 0s', async () => {
    await reload({ cache: 'freshFor: 0s' });
    const [{ text }, ...calls] = await read();
    assert.deepEqual([text, calls], ['first', ['GET 304']]);
  });
});
