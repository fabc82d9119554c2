// Runs each command in the table of docs/how-to/move-from-access-keys.md and uses its result, as a new user would.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { until } from '../support/until.ts';
import { documented, startByHand } from './manual-workarounds.ts';
import type { ByHand } from './manual-workarounds.ts';
import { unavailable } from './program.ts';

const LAKE_SESSION = 'arn:aws:sts::123456789012:assumed-role/gcp-lake-read/fedbridge@acme-prod';
const DATA_SESSION = 'arn:aws:sts::210987654321:assumed-role/lake-data/fedbridge@acme-prod';
const LAPTOP_SESSION = /^arn:aws:sts::123456789012:assumed-role\/lake-from-laptop\//;
const LISTED = /^\d{4}-\d\d-\d\d [\d:]+ +\d+ orders\.csv$/m;

const WHO = 'sts get-caller-identity --query Arn --output text';
const LIST = 's3 ls s3://acme-lake/raw/public/';

describe('a command that replaces a manual workaround', { skip: unavailable('aws', 'jq', 'script') }, () => {
  let user: ByHand;
  before(async () => {
    user = await startByHand();
  });
  after(() => user.here.close());

  it("shows a token's claims", async () => {
    const { uniqueId } = user.here.contract.serviceAccount;
    const claims = await user.shell([
      `${user.command('fedbridge token')} | jq -r '.claims.azp, .claims.aud, .claims.sub'`,
    ]);
    assert.equal(claims, `${uniqueId}\nfedbridge\n${uniqueId}\n`);
  });

  it('writes a token to a file, for programs that need one', async () => {
    const assume = `sts assume-role-with-web-identity --role-arn ${user.here.contract.role} --role-session-name job`;
    const shown = await user.shell([
      user.command('(umask 077; fedbridge token --raw > token.new && mv token.new token)'),
      `${assume} --web-identity-token "$(cat token)" --query AssumedRoleUser.Arn --output text`,
    ]);
    assert.equal(shown, 'arn:aws:sts::123456789012:assumed-role/gcp-lake-read/job\n');
  });

  it("shows the caller's identity", async () => {
    const shown = await user.shell([user.command('fedbridge whoami --config /etc/fedbridge.yaml')]);
    for (const arn of [LAKE_SESSION, DATA_SESSION]) assert.match(shown, new RegExp(`^ {2}${arn}$`, 'm'));
  });

  it("sets a shell's credential variables through web identity federation", async () => {
    const shown = await user.shell([
      user.command(
        'eval "$(fedbridge credentials arn:aws:iam::123456789012:role/gcp-lake-read --format env)"',
      ),
      WHO,
      LIST,
    ]);
    assert.ok(shown.startsWith(`${LAKE_SESSION}\n`), shown);
    assert.match(shown, LISTED);
  });

  it('removes the need for a program that passes a token from the metadata server to the SDK', async () => {
    const profile = user.asProfile(
      'credential_process = fedbridge credentials arn:aws:iam::123456789012:role/gcp-lake-read',
    );
    const shown = await user.shell([WHO, LIST], profile);
    assert.ok(shown.startsWith(`${LAKE_SESSION}\n`), shown);
    assert.match(shown, LISTED);
  });

  it('removes the need for an assume-role provider in application code', async () => {
    const profile = user.asProfile(
      'credential_process = fedbridge credentials lake --config /etc/fedbridge.yaml',
    );
    const { s3, region } = user.here.contract;
    const program = `
      import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
      const s3 = new S3Client({ endpoint: '${s3}', region: '${region}', forcePathStyle: true });
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'acme-lake', Key: 'raw/public/orders.csv' }));
      process.stdout.write(await Body.transformToString());`;
    const node = `'${process.execPath}' ${user.here.file('program.mjs', program)}`;
    assert.match(await user.shell([node], profile), /^id,item,quantity\n/);
    const shown = await user.shell([WHO, LIST], profile);
    assert.ok(shown.startsWith(`${LAKE_SESSION}\n`), shown);
  });

  it('prints JSON that a script can parse', async () => {
    const json = user.command('fedbridge credentials lake --config /etc/fedbridge.yaml --format json');
    const shown = await user.shell([
      `answer=$(${json})`,
      `export AWS_ACCESS_KEY_ID=$(jq -r .Credentials.AccessKeyId <<<"$answer")`,
      `export AWS_SECRET_ACCESS_KEY=$(jq -r .Credentials.SecretAccessKey <<<"$answer")`,
      `export AWS_SESSION_TOKEN=$(jq -r .Credentials.SessionToken <<<"$answer")`,
      WHO,
    ]);
    assert.equal(shown, `${LAKE_SESSION}\n`);
  });

  it('assumes two roles, one after the other', async () => {
    const shown = await user.shell([
      user.command('eval "$(fedbridge credentials partner --config /etc/fedbridge.yaml --format env)"'),
      WHO,
      LIST,
    ]);
    assert.ok(shown.startsWith(`${DATA_SESSION}\n`), shown);
    assert.match(shown, LISTED);
  });

  it('supports a profile with an MFA device, and prompts only once for the code', async () => {
    const evaluate = user.command(
      'eval "$(AWS_PROFILE=laptop fedbridge credentials arn:aws:iam::123456789012:role/lake-from-laptop --format env)"',
    );
    const { accessKeyId, secretAccessKey, mfaSerial } = user.here.contract.developer;
    const profiles = [
      '[profile laptop]',
      'role_arn = arn:aws:iam::123456789012:role/developer',
      'source_profile = developer',
      `mfa_serial = ${mfaSerial}`,
      '[profile developer]',
      `aws_access_key_id = ${accessKeyId}`,
      `aws_secret_access_key = ${secretAccessKey}`,
      '',
    ];
    user.here.file('config', profiles.join('\n'));
    const script = user.here.file('mfa.sh', ['set -eu', '. ./aws.sh', evaluate, WHO, LIST, ''].join('\n'));
    const child = spawn('script', ['-qec', `bash ${script}`, '/dev/null'], {
      cwd: user.here.directory,
      env: { ...user.here.sandbox.environment, ...user.environment, HOME: user.here.directory },
    });
    let shown = '';
    child.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
    await until('the command prompts for the code', () => shown.includes(`MFA code for ${mfaSerial}: `));
    const { code } = (await user.here.control('GET', '/mfa')) as { code: string };
    child.stdin.write(`${code}\n`);
    await once(child, 'close');
    const [, arn = '', ...listed] = shown.replaceAll('\r', '').split('\n');
    assert.match(arn, LAPTOP_SESSION, shown);
    assert.match(listed.join('\n'), LISTED);
  });

  it('is tested here if and only if the table in docs/how-to/move-from-access-keys.md lists it', async () => {
    assert.deepEqual(user.played, await documented());
  });

  it('fails with an error message that the AWS CLI shows', async () => {
    const theirs = 'arn:aws:iam::210987654321:role/trusts-another';
    const profile = user.asProfile(`credential_process = fedbridge credentials ${theirs}`);
    const { code, stdout, stderr } = await user.attempt([WHO], profile);
    assert.ok(code !== 0 && stdout === '');
    const why = `fedbridge credentials: role ${theirs} could not be assumed: sts_denied (roleArn ${theirs}, `;
    assert.ok(stderr.includes(why), stderr);
  });
});
