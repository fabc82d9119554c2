// In a pod, unmodified SDKs and the AWS CLI need no helper: they read the pod's projected token file, which the sandbox replaces as
// the kubelet does, and call `/-/sts`. The clocks of the sandbox, the bridge and the clients are advanced together.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { fakedClocks } from '../support/faked-clock.ts';
import type { FakedClocks } from '../support/faked-clock.ts';
import { asBearer } from '../support/token-headers.ts';
import { until } from '../support/until.ts';
import { CURRENT_BIN, SKIP_CURRENT } from './current-python.ts';
import { startInteractive } from './interactive.ts';
import type { Interactive } from './interactive.ts';
import * as lakes from './lake.ts';
import { BUCKET, ORDERS, ORDERS_KEY, succeeded } from './lake.ts';
import type { Lake } from './lake.ts';
import { PATH } from './program.ts';

const POD = 'cluster:analytics/etl';
/** Longer than 80 % of a token's lifetime, after which the token is replaced, and shorter than the whole lifetime. */
const STEP_SECONDS = 3000;

/** Debian's `faketime` sets the clock of a program that is not Node. */
const [FAKETIME] = globSync('/usr/lib/*/faketime/libfaketime.so.1');
const skip =
  process.env['CI'] === undefined && FAKETIME === undefined
    ? 'skipped, because faketime is not installed'
    : SKIP_CURRENT;

const ROOT = new URL('../..', import.meta.url).pathname;

/** The variables of the pod in docs/how-to/kubernetes-and-github-actions.md. */
function documentedVariables(bridge: string, tokenFile: string): Record<string, string> {
  const page = readFileSync(join(ROOT, 'docs/how-to/kubernetes-and-github-actions.md'), 'utf8');
  const [, pod = ''] = /^```yaml\n([^`]*serviceAccountToken[^`]*)^```$/m.exec(page) ?? [];
  const { spec } = parse(pod) as { spec: { containers: { env: { name: string; value: string }[] }[] } };
  const [container] = spec.containers;
  return Object.fromEntries(
    (container?.env ?? []).map(({ name, value }) => [
      name,
      value
        .replace('https://lake-bridge.example', bridge)
        .replace('/var/run/secrets/fedbridge/token', tokenFile),
    ]),
  );
}

/** Each program reads the object once for each line on its standard input, with one client, and prints the token that it used. */
const BOTO3 = `import boto3, sys
s3 = boto3.client("s3")
for _ in sys.stdin:
    assert s3.get_object(Bucket="${BUCKET}", Key="${ORDERS_KEY}")["Body"].read() == ${JSON.stringify(ORDERS)}.encode()
    print(s3._get_credentials().token, flush=True)`;
const JS_SDK = `import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
const s3 = new S3Client({ forcePathStyle: true });
for await (const _ of createInterface({ input: process.stdin })) {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: '${BUCKET}', Key: '${ORDERS_KEY}' }));
  assert.equal(await Body.transformToString(), ${JSON.stringify(ORDERS)});
  console.log((await s3.config.credentials()).sessionToken);
}`;

describe("with a pod's token file and the route /-/sts", { skip }, () => {
  let lake: Lake;
  let clocks: FakedClocks;
  let tokenFile: string;
  let env: Record<string, string>;
  let clockFile: string;
  let passedSeconds = 0;
  before(async () => {
    clocks = await fakedClocks();
    lake = await lakes.startLake(undefined, {
      environment: clocks.environment,
      config: ({ audience, awsAudience, region, role, issuer }) => `audience: ${audience}
aws: { region: ${region}, audience: ${awsAudience} }
issuers: [{ name: cluster, kind: kubernetes, url: '${issuer}' }]
roles: { lake: { arn: '${role}' } }
buckets: { ${BUCKET}: { role: lake } }
grants: [{ callers: ['${POD}'], allow: [get, list], bucket: ${BUCKET} }]`,
    });
    tokenFile = await lake.wire.sandbox.tokenFileOf(POD);
    clockFile = join(lake.directory, 'clock');
    await writeFile(clockFile, '+0');
    env = {
      ...documentedVariables(lake.url, tokenFile),
      HOME: lake.directory,
      PATH: `${CURRENT_BIN ?? ''}:${PATH}`,
      AWS_EC2_METADATA_DISABLED: 'true',
      PYTHONDONTWRITEBYTECODE: '1',
    };
  });
  after(async () => {
    await lake.close();
    await clocks.remove();
  });

  const pythonClock = () => ({
    LD_PRELOAD: FAKETIME ?? '',
    FAKETIME_TIMESTAMP_FILE: clockFile,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  });
  const token = (): string => readFileSync(tokenFile, 'utf8');
  async function pass(seconds: number): Promise<void> {
    passedSeconds += seconds;
    await writeFile(clockFile, `+${passedSeconds}`);
    await clocks.setClocks({ wallAheadMs: passedSeconds * 1000 });
    await lake.wire.control('PUT', '/clock', { offsetSeconds: passedSeconds });
  }
  const statusOf = async (presented: string): Promise<number> =>
    (await lake.wire.get(`/${BUCKET}/${ORDERS_KEY}`, { headers: asBearer(presented) })).status;

  /**
   * Lets the file rotate several times. @param read reads an object
   */
  async function outlivesTokens(read: () => Promise<void>): Promise<void> {
    await read();
    for (let rotation = 0; rotation < 4; rotation += 1) {
      const old = token();
      await pass(STEP_SECONDS);
      await until('the token in the file is replaced', () => token() !== old);
      assert.deepEqual([await statusOf(old), await statusOf(token())], [200, 200], 'both tokens are valid');
      await read();
    }
  }
  async function interactive(program: string, args: readonly string[], more: Record<string, string>) {
    const client: Interactive = startInteractive(program, args, { ...env, ...more });
    const used = new Set<string>();
    const first = token();
    try {
      await outlivesTokens(async () => void used.add(await client.next()));
      assert.equal(await statusOf(first), 401, 'the first token has expired');
    } finally {
      await client.stop();
    }
    assert.ok(used.has(first) && used.size > 2, 'the client has read the file several times');
  }

  it('a single boto3 client keeps reading while the token file rotates', () =>
    interactive(join(CURRENT_BIN ?? '', 'python3'), ['-c', BOTO3], pythonClock()));

  it('a single client of the JavaScript SDK keeps reading while the token file rotates', () =>
    interactive(process.execPath, ['--input-type=module', '-e', JS_SDK], clocks.environment));

  it('the AWS CLI, which caches credentials, keeps reading while the token file rotates', () =>
    outlivesTokens(async () => {
      const args = ['s3', 'cp', `s3://${BUCKET}/${ORDERS_KEY}`, '-'];
      assert.equal(succeeded(await lake.run('aws', args, { env: { ...env, ...pythonClock() } })), ORDERS);
    }));
});
