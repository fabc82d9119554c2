// Starts the sandbox, a proxy that injects S3 faults, and the bridge for a soak.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import type { Sandbox, SandboxContract } from '../../src/sandbox/sandbox.ts';
import type { LogLine } from '../support/bridge-process.ts';
import { request } from '../support/http-request.ts';
import { ownerOf } from '../support/owner.ts';
import { until } from '../support/until.ts';
import type { Stock } from './objects.ts';
import type { PlannedStrike } from './inject-fault.ts';
import { startS3InFront } from './s3-in-front.ts';
import type { S3InFront } from './s3-in-front.ts';
import { startSoakedBridge } from './soaked-bridge.ts';
import type { SoakedBridge } from './soaked-bridge.ts';
import type { Surroundings } from './fault-schedule.ts';

export interface SoakStage {
  readonly sandbox: Sandbox;
  readonly front: S3InFront;
  readonly bridge: SoakedBridge;
  readonly surroundings: Surroundings;
  close(): Promise<void>;
}

/** The lifetime of AWS credentials. It is short, so that the bridge renews them often. */
const CREDENTIALS_SECONDS = 20;

type Version = Parameters<Surroundings['reload']>[0];

function configOf(
  { audience, awsAudience, region, role, bucket, callers }: SandboxContract,
  version: Version,
): string {
  if (version === 'invalid') return 'audience: [\n';
  return `audience: ${audience}
aws: { region: ${region}, audience: ${awsAudience} }
roles:
  lake: { arn: '${role}', duration: ${version === 'role' ? '30m' : '1h'} }
buckets:
  ${bucket}: { role: lake }
limits: { stall: ${version === 'limits' ? 3 : 2}s }
grants:
  - { callers: [${callers.reader}], allow: [get, list${version === 'grants' ? ', tags' : ''}], bucket: ${bucket} }
  - { callers: [${callers.scoped}], allow: [get, list], bucket: ${bucket}, prefix: raw/public/ }
`;
}

export async function startStage(options: {
  readonly stock: Stock;
  readonly strikeOf: (plan: number) => PlannedStrike | undefined;
  readonly onLine: (line: LogLine) => void;
}): Promise<SoakStage> {
  const sandbox = await startSandbox();
  const { contract } = sandbox;
  const owner = ownerOf({ sandbox });
  for (const { key, body } of options.stock.all)
    await owner.send(new PutObjectCommand({ Bucket: contract.bucket, Key: key, Body: body }));
  owner.destroy();
  const control: Surroundings['control'] = async (method, path, body) => {
    const reply = await request(contract.control, path, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${reply.text}`);
    return reply.text;
  };
  await control('PUT', '/durations', { credentials: CREDENTIALS_SECONDS });
  const front = await startS3InFront(contract.s3, options.strikeOf);
  const directory = await mkdtemp(join(tmpdir(), 'fedbridge-soak-'));
  const file = join(directory, 'bridge.yaml');
  await writeFile(file, configOf(contract, 'first'));
  let reloads = 0;
  const bridge = await startSoakedBridge(
    { ...sandbox.environment, AWS_ENDPOINT_URL_S3: front.origin, FEDBRIDGE_CONFIG: file },
    (line) => {
      if (String(line['message']).startsWith('SIGHUP')) reloads += 1;
      options.onLine(line);
    },
  );
  return {
    sandbox,
    front,
    bridge,
    surroundings: {
      control,
      s3Refuses: front.refuses,
      reload: async (to) => {
        const before = reloads;
        await writeFile(file, configOf(contract, to));
        bridge.hangUp();
        await until('the reload has been logged', () => reloads > before || bridge.hasEnded());
      },
    },
    close: async () => {
      await bridge.stop();
      front.close();
      await sandbox.close();
      await rm(directory, { recursive: true });
    },
  };
}
