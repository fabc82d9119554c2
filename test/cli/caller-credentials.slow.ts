// `fedbridge caller-credentials` and deploy/caller-credentials.sh print the same output, and an S3 client can use it to read
// objects.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { AUDIENCE, NAMES, PROGRAMS, startPrograms } from './caller-programs.ts';
import type { Outcome, Programs } from './caller-programs.ts';

let programs: Programs;
before(async () => {
  programs = await startPrograms();
});
after(() => programs.close());

const credentialsIn = ({ stdout }: Outcome) => JSON.parse(stdout) as Record<string, unknown>;
const claimsIn = (outcome: Outcome) => {
  const [, payload = ''] = String(credentialsIn(outcome)['SessionToken']).split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
};

describe('both caller-credentials programs', () => {
  it("print identical credential_process JSON with the token's expiry", async () => {
    const outcome = await programs.both(['--audience', AUDIENCE]);
    assert.deepEqual([outcome.code, outcome.stderr], [0, '']);
    const { SessionToken, Expiration, ...rest } = credentialsIn(outcome);
    assert.deepEqual(rest, { Version: 1, AccessKeyId: 'fedbridge', SecretAccessKey: 'not-a-secret' });
    assert.equal(SessionToken, await programs.wire.token('reader'));
    assert.match(String(Expiration), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.equal(Date.parse(String(Expiration)) / 1000, claimsIn(outcome)['exp']);
  });
  it("print a full-format token, which contains the email of the machine's service account", async () => {
    const { aud, email } = claimsIn(await programs.both([`--audience=${AUDIENCE}`]));
    assert.deepEqual([aud, email], [AUDIENCE, programs.wire.sandbox.contract.callers.reader]);
  });
  it('print a token for exactly the given audience', async () => {
    const odd = 'a b&c=d+é#%41@"\\';
    assert.equal(claimsIn(await programs.both(['--audience', odd]))['aud'], odd);
  });
  it('print the same output for every form of GCE_METADATA_HOST, and bypass any proxy', async () => {
    const plain = await programs.both(['--audience', AUDIENCE]);
    const nowhere = 'http://127.0.0.1:1';
    for (const environment of [
      { GCE_METADATA_HOST: `http://${programs.metadataHost}/some/path` },
      { GCE_METADATA_HOST: nowhere, GCE_METADATA_IP: programs.metadataHost },
      { HTTPS_PROXY: nowhere, https_proxy: nowhere, HTTP_PROXY: nowhere, http_proxy: nowhere },
    ])
      assert.deepEqual(await programs.both(['--audience', AUDIENCE], environment), plain);
  });
  it("print no token on standard error, even if debug logging is on in Google's libraries", async () => {
    const { code, stderr } = await programs.both(['--audience', AUDIENCE], { GOOGLE_SDK_NODE_LOGGING: '*' });
    assert.deepEqual([code, stderr], [0, '']);
  });
});

describe('an AWS SDK configured only in ~/.aws/config', () => {
  const directory = mkdtempSync(join(tmpdir(), 'fedbridge-clients-'));
  after(() => {
    rmSync(directory, { recursive: true });
  });
  const READ = `
    import { S3Client, GetObjectCommand } from '@aws-sdk/client-s3';
    const client = new S3Client({ forcePathStyle: true });
    const object = await client.send(new GetObjectCommand({ Bucket: 'acme-lake', Key: 'raw/public/orders.csv' }));
    process.stdout.write(await object.Body.transformToString());
  `;
  for (const name of NAMES) {
    it(`reads an object with ${name}`, async () => {
      const config = join(directory, 'config');
      const program = [...PROGRAMS[name], '--audience', AUDIENCE].join(' ');
      const lines = [
        `credential_process = ${program}`,
        `endpoint_url = ${programs.wire.bridge.url}`,
        'region = eu-west-1',
      ];
      writeFileSync(config, `[profile lake]\n${lines.join('\n')}\n`);
      const { code, stdout, stderr } = await programs.runOther(
        [process.execPath, '--input-type=module', '--eval', READ],
        {
          AWS_CONFIG_FILE: config,
          AWS_SHARED_CREDENTIALS_FILE: join(directory, 'none'),
          AWS_PROFILE: 'lake',
        },
      );
      assert.deepEqual([code, stderr], [0, '']);
      assert.match(stdout, /^id,item,quantity\n/);
    });
  }
});

describe('both caller-credentials programs', () => {
  const WRONG = [[], ['--audience'], ['--audience', ''], ['--audience='], ['--audience', '--verbose']];
  for (const args of [
    ...WRONG,
    ['--verbose'],
    ['--audience', AUDIENCE, 'x'],
    ['--audience', AUDIENCE, '-x'],
  ]) {
    it(`print their usage if the arguments are ${JSON.stringify(args)}`, async () => {
      for (const name of NAMES) {
        const { code, stdout, stderr } = await programs.run(name, args);
        assert.deepEqual([code, stdout], [2, '']);
        assert.ok(
          stderr.startsWith(`${name}: --audience is required, and no other argument is accepted. `),
          stderr,
        );
        assert.match(stderr, /^Usage: .*caller-credentials(?:\.sh)? --audience URL$/m);
      }
    });
  }
});
