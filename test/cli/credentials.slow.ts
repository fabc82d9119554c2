// Tests `fedbridge credentials ROLE` as a child process: AWS clients and shells can use each of its output formats.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { listen } from '../../src/sandbox/upstream-server.ts';
import { s3Client, stsClient } from '../sandbox/clients.ts';
import type { Keys } from '../sandbox/clients.ts';
import { LAKE_DATA, TO_LAKE_DATA } from '../support/chain.ts';
import { FEDBRIDGE, startAsTheBridge, withRoles } from './as-the-bridge.ts';
import type { AsTheBridge, Outcome } from './as-the-bridge.ts';

let here: AsTheBridge;
let lake: string;
before(async () => {
  here = await startAsTheBridge();
  lake = `arn: "${here.contract.role}"`;
});
after(() => here.close());

interface Issued {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly SessionToken: string;
  readonly Expiration: string;
}

function printed({ code, stdout, stderr }: Outcome): string {
  assert.deepEqual([code, stderr], [0, '']);
  return stdout;
}
const asProcess = (outcome: Outcome) => JSON.parse(printed(outcome)) as Issued & { readonly Version: number };
const keysIn = ({ AccessKeyId, SecretAccessKey, SessionToken }: Issued): Keys => ({
  accessKeyId: AccessKeyId,
  secretAccessKey: SecretAccessKey,
  sessionToken: SessionToken,
});
const arnOf = async (keys: Keys): Promise<string | undefined> =>
  (await stsClient(here.sandbox, keys).send(new GetCallerIdentityCommand())).Arn;
const configured = (roles: Readonly<Record<string, string>>, more?: string): readonly string[] => [
  '--config',
  here.file('credentials.yaml', withRoles(here.contract, roles, more)),
];
const IN_AN_HOUR = { least: 3_500_000, most: 3_700_000 };
const SESSION = 'arn:aws:sts::123456789012:assumed-role/gcp-lake-read/fedbridge@acme-prod';

/** An XML response from STS that contains the token. */
const responseWith = (token: string): string => `<AssumeRoleWithWebIdentityResponse
 xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials>
  <AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>
  <SessionToken>${token.replaceAll('&', '&amp;')}</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>
 </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;

describe('fedbridge credentials', () => {
  it('prints one line of credential_process JSON for a session named after the bridge', async () => {
    const text = printed(await here.run(['credentials', 'lake']));
    assert.match(text, /^[^\n]+\n$/);
    const { Version, Expiration, ...issued } = JSON.parse(text) as Issued & { Version: number };
    assert.equal(Version, 1);
    assert.deepEqual(Object.keys(issued), ['AccessKeyId', 'SecretAccessKey', 'SessionToken']);
    assert.match(Expiration, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const left = Date.parse(Expiration) - Date.now();
    assert.ok(left > IN_AN_HOUR.least && left < IN_AN_HOUR.most, `${left} ms left`);
    assert.equal(await arnOf(keysIn({ ...issued, Expiration })), SESSION);
  });

  it('returns credentials with all permissions of the role, without a session policy', async () => {
    await here.control('DELETE', '/calls');
    const issued = asProcess(await here.run(['credentials', 'lake']));
    const [call] = await here.calls('sts');
    assert.deepEqual([call?.['durationSeconds'], call?.['policy']], [3600, undefined]);
    const Bucket = here.contract.bucket;
    const read = new GetObjectCommand({ Bucket, Key: 'raw/private/salaries.csv' });
    const { $metadata: response } = await s3Client(here.sandbox, keysIn(issued)).send(read);
    assert.equal(response.httpStatusCode, 200);
  });

  it('assumes every role in a chain, each for the configured duration', async () => {
    await here.control('DELETE', '/calls');
    const chain = { data: `${lake}, duration: 30m, session: bridge, then: [{ ${TO_LAKE_DATA} }]` };
    const issued = asProcess(await here.run(['credentials', 'data', ...configured(chain)]));
    const data = 'arn:aws:sts::210987654321:assumed-role/lake-data/acme-prod.fedbridge-sandbox';
    assert.equal(await arnOf(keysIn(issued)), data);
    const calls = await here.calls('sts');
    assert.deepEqual(
      calls.slice(0, 2).map(({ roleArn, durationSeconds }) => [roleArn, durationSeconds]),
      [
        [here.contract.role, 1800],
        [LAKE_DATA, 1800],
      ],
    );
  });

  it("accepts a role's ARN, with or without a configuration", async () => {
    for (const environment of [{}, { FEDBRIDGE_CONFIG: '' }]) {
      await here.control('DELETE', '/calls');
      const issued = asProcess(await here.run(['credentials', here.contract.role], environment));
      assert.equal((await here.calls('sts'))[0]?.['durationSeconds'], 3600);
      assert.equal(await arnOf(keysIn(issued)), SESSION);
    }
  });

  it('can be configured with environment variables only', async () => {
    const { role, audience, bucket, callers } = here.contract;
    const form = { AWS_ROLE_ARN: role, FEDBRIDGE_AUDIENCE: audience, FEDBRIDGE_BUCKET: bucket };
    const environment = { ...form, FEDBRIDGE_CALLERS: callers.reader, FEDBRIDGE_CONFIG: '' };
    const issued = asProcess(await here.run(['credentials', 'bridge'], environment));
    assert.equal(await arnOf(keysIn(issued)), SESSION);
  });

  it("ignores other programs' environment variables", async () => {
    const others = { PORT: 'usb0', LOG_LEVEL: 'verbose', FEDBRIDGE_METRICS_PORT: 'none' };
    asProcess(await here.run(['credentials', 'lake'], others));
    asProcess(await here.run(['credentials', here.contract.role], { ...others, FEDBRIDGE_CONFIG: '' }));
  });
});

describe('fedbridge credentials --format env', () => {
  it('prints only the four variables that `aws configure export-credentials` prints', async () => {
    const text = printed(await here.run(['credentials', 'lake', '--format', 'env']));
    const lines = text.split('\n').map((line) => line.replace(/'[^']*'$/, 'VALUE'));
    const names = ['ACCESS_KEY_ID', 'SECRET_ACCESS_KEY', 'SESSION_TOKEN', 'CREDENTIAL_EXPIRATION'];
    assert.deepEqual(lines, [...names.map((name) => `export AWS_${name}=VALUE`), '']);
  });

  it('sets the variables in a shell that evaluates its output', async () => {
    const script = `eval "$(${FEDBRIDGE} credentials lake --format env)"; exec printenv`;
    const { stdout } = await here.spawn('/bin/sh', ['-euc', script]);
    const set = new Map(stdout.split('\n').map((line) => [line.split('=')[0], line.replace(/^[^=]*=/, '')]));
    const value = (name: string): string => set.get(`AWS_${name}`) ?? '';
    const [accessKeyId, secretAccessKey] = [value('ACCESS_KEY_ID'), value('SECRET_ACCESS_KEY')];
    assert.equal(
      await arnOf({ accessKeyId, secretAccessKey, sessionToken: value('SESSION_TOKEN') }),
      SESSION,
    );
    assert.ok(Date.parse(value('CREDENTIAL_EXPIRATION')) > Date.now());
  });

  it('quotes special characters in a token', async () => {
    const token = `it's "$HOME" \\ $(id) \`id\` #;&|`;
    const sts = await listen(0, (_, response) => response.end(responseWith(token)));
    const script = `eval "$(${FEDBRIDGE} credentials lake --format env)"; printf %s "$AWS_SESSION_TOKEN"`;
    const environment = { AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${sts.port}` };
    const { stdout } = await here.spawn('/bin/sh', ['-euc', script], environment).finally(sts.close);
    assert.equal(stdout, token);
  });

  it('prints nothing if it fails, and passes its exit code to the shell', async () => {
    const script = `set="$(${FEDBRIDGE} credentials nobody --format env)" || echo "failed:$set"`;
    const { stdout } = await here.spawn('/bin/sh', ['-c', script]);
    assert.equal(stdout, 'failed:\n');
  });
});

describe('fedbridge credentials --format json', () => {
  it('prints the same format as `aws sts assume-role`', async () => {
    const text = printed(await here.run(['credentials', 'lake', '--format', 'json']));
    const document = JSON.parse(text) as { Credentials: Issued; AssumedRoleUser: { Arn: string } };
    const { Credentials: issued, AssumedRoleUser: user } = document;
    assert.equal(user.Arn, SESSION);
    assert.equal(await arnOf(keysIn(issued)), SESSION);
    assert.ok(Date.parse(issued.Expiration) > Date.now());
  });
});
