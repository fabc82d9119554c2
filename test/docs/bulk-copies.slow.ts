// The policies, options and scripts in docs/how-to/bulk-copies/ agree with the code. They also work with the sandbox, as far as
// this can be tested without the engines.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { parse } from '@cdktn/hcl2json';
import { readConfigDocument } from '../../src/cli/read-config.ts';
import { readPolicyOf } from '../../src/policy/read-policy.ts';
import { serviceTrustPolicy, trustPolicy } from '../../src/policy/trust-policy.ts';
import { statementsOf } from '../policy/statements.ts';
import { control, sandboxFor } from '../sandbox/clients.ts';
import { evaluateValue } from '../terraform/evaluate.ts';
import { blocks } from './markdown.ts';
import { textOf } from './render.ts';

const ROOT = join(import.meta.dirname, '../..');

const pageOf = (name: string): string => textOf(`docs/how-to/bulk-copies/${name}.md`);
const only = (language: string, page: string): string => {
  const [block, ...others] = blocks(language, page);
  assert.ok(block !== undefined && others.length === 0, `one block in ${language}`);
  return block;
};

describe('docs/how-to/bulk-copies/', () => {
  it('shows the permission policy that `fedbridge read-policy` prints for a grant on the prefix', () => {
    const arn = 'arn:aws:iam::123456789012:role/lake-copy';
    const config = readConfigDocument(
      JSON.stringify({
        audience: 'https://lake-bridge.example',
        aws: { region: 'eu-west-1', audience: 'fedbridge' },
        roles: { lake: { arn } },
        buckets: { 'acme-lake': { role: 'lake' } },
        grants: [
          {
            callers: ['reader@acme-prod.iam.gserviceaccount.com'],
            allow: ['get', 'list'],
            bucket: 'acme-lake',
            prefix: 'raw/public/',
          },
        ],
      }),
      {},
    );
    assert.deepEqual(statementsOf(only('json', pageOf('README'))), statementsOf(readPolicyOf(config, arn)));
  });

  it("shows the same module call as the module's README.md", () => {
    const [, ...call] = only('hcl', pageOf('storage-transfer')).split('\n');
    assert.equal(call.join('\n'), blocks('hcl', textOf('terraform/modules/bulk-copy/README.md'))[0]);
  });

  it('shows the trust policy for BigQuery that `fedbridge trust-policy` prints', async () => {
    const { resource } = (await parse('bigquery.tf', only('hcl', pageOf('bigquery')))) as {
      readonly resource: { readonly aws_iam_role: { readonly bigquery: { assume_role_policy: string }[] } };
    };
    const identity = '110334567890123456789';
    const connection = { lake: { aws: [{ access_role: [{ identity }] }] } };
    const policy = await evaluateValue(resource.aws_iam_role.bigquery[0]?.assume_role_policy, (name) =>
      Promise.resolve(name === 'google_bigquery_connection' ? connection : undefined),
    );
    assert.deepEqual(JSON.parse(String(policy)), serviceTrustPolicy(identity));
  });

  it("shows options that Beam's AwsModule reads, as valid JSON", () => {
    const [, json = ''] = /--awsCredentialsProvider=(.*)/.exec(pageOf('dataflow')) ?? [];
    assert.deepEqual(JSON.parse(json), {
      '@type': 'StsAssumeRoleForFederatedCredentialsProvider',
      roleArn: 'arn:aws:iam::123456789012:role/lake-dataflow',
      audience: 'aws-lake',
      webIdTokenProviderFQCN: 'org.apache.beam.sdk.io.aws2.auth.GoogleADCIdTokenProvider',
      durationSeconds: 3600,
    });
  });

  it('shows a script for Dataproc that writes a token with which an unmodified AWS SDK reads the prefix', async (context) => {
    const sandbox = await sandboxFor(context);
    const { metadata, region, s3, serviceAccount, sts } = sandbox.contract;
    const directory = mkdtempSync(join(tmpdir(), 'fedbridge-dataproc-'));
    context.after(() => {
      rmSync(directory, { recursive: true });
    });
    const [, shown = ''] = /<<'SCRIPT'\n([^]*?)^ *SCRIPT$/m.exec(pageOf('dataproc-and-spark')) ?? [];
    const script = shown
      .replaceAll(/^ {3}/gm, '')
      .replaceAll('/run/aws-token', directory)
      .replaceAll('http://metadata.google.internal', metadata);
    assert.deepEqual(await run('sh', [], { input: script }), '');
    const file = join(directory, 'token');
    assert.equal(statSync(file).mode & 0o777, 0o644);

    const role = 'arn:aws:iam::123456789012:role/lake-spark';
    await control(sandbox, 'PUT', '/roles', {
      arn: role,
      trust: trustPolicy({ uniqueId: serviceAccount.uniqueId, audience: 'aws-lake' }),
      permissions: JSON.parse(only('json', pageOf('README'))) as object,
    });
    const environment = {
      AWS_WEB_IDENTITY_TOKEN_FILE: file,
      AWS_ROLE_ARN: role,
      AWS_REGION: region,
      AWS_ENDPOINT_URL_STS: sts,
      AWS_ENDPOINT_URL_S3: s3,
    };
    const reader = `import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
      const s3 = new S3Client({ forcePathStyle: true });
      for (const Key of ['raw/public/orders.csv', 'raw/private/salaries.csv']) {
        const read = s3.send(new GetObjectCommand({ Bucket: 'acme-lake', Key }));
        console.log(await read.then(({ Body }) => Body.transformToString().then(({ length }) => length > 0), ({ name }) => name));
      }`;
    assert.equal(
      await run(process.execPath, ['--input-type=module', '--eval', reader], { environment }),
      'true\nAccessDenied\n',
    );
  });
});

/**
 * Runs asynchronously, because the sandbox runs in this process. @returns the standard output of a process that must succeed
 */
async function run(
  command: string,
  args: readonly string[],
  {
    input = '',
    environment = {},
  }: { readonly input?: string; readonly environment?: Record<string, string> },
): Promise<string> {
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(input);
  const [output, exit] = await Promise.all([text(child.stdout), once(child, 'close')]);
  assert.deepEqual(exit, [0, null]);
  return output;
}
