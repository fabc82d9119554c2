// What every client reads: a bridge, a bucket with a tree, versions and tags in it, and callers with different rights.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import type { SandboxContract } from '../../src/sandbox/sandbox.ts';
import { writeResults } from '../results/operations.ts';
import type { Client, Operation } from '../results/operations.ts';
import type { LogLine } from '../support/bridge-process.ts';
import { googleClaims, inSeconds } from '../support/google-claims.ts';
import { startWire } from '../support/wire.ts';
import type { Wire, WireOptions } from '../support/wire.ts';
import { run } from './program.ts';
import type { Ended, RunOptions } from './program.ts';
import { TREE } from './tree.ts';

export const BUCKET = 'acme-lake';
export const ORDERS_KEY = 'raw/public/orders.csv';
export const ORDERS = 'id,item,quantity\n1,lamp,2\n2,desk,1\n3,chair,4\n4,shelf,1\n';
/** Bytes 17 to 24 of it. */
export const ORDERS_PART = '1,lamp,2';
/** Only `reader` may read it. */
export const PRIVATE_KEY = 'raw/private/salaries.csv';
/** Has two versions, whose contents are `first` and `second`, and a tag, `team` = `lake`. */
export const VERSIONED_KEY = 'versions/note.txt';

export interface Lake {
  readonly wire: Wire;
  readonly url: string;
  /** For what clients write; gone when the lake closes. */
  readonly directory: string;
  /**
   * Identity tokens: `reader` may read and list all, `scoped` below raw/public/ alone, `lister` may list all and read nothing;
   * the last is over.
   */
  readonly tokens: Readonly<Record<'reader' | 'scoped' | 'lister' | 'expired', string>>;
  /** Runs a client, with `directory` as its home and working directory. */
  run(program: string, args: readonly string[], options?: RunOptions): Promise<Ended>;
  /** Notes operations that the client was just seen to do: rejects where the bridge's log has no answer to one. */
  saw(...operations: readonly Operation[]): Promise<void>;
  /** Writes the results. */
  close(): Promise<void>;
}

/** What it looks like in the bridge's log that an operation worked; else its name, and a status below 300. */
const SIGNS: Partial<Record<Operation, (line: LogLine) => boolean>> = {
  versionId: ({ operation, key, status }) =>
    operation === 'GetObject' && key === VERSIONED_KEY && status === 200,
  range: ({ status }) => status === 206,
  conditional: ({ status }) => status === 304 || status === 412,
};

/** @param client whose results are kept; absent: none are */
export async function startLake(client?: Client, options: WireOptions = {}): Promise<Lake> {
  const wire = await startWire({ ownProcess: true, config: configOf, ...options });
  const directory = await mkdtemp(join(tmpdir(), 'fedbridge-client-'));
  const operations = new Set<Operation>();
  const [reader, scoped, lister] = await Promise.all(
    (['reader', 'scoped', 'stranger'] as const).map((caller) => wire.token(caller)),
  );
  const expired = wire.sandbox.mint(googleClaims(wire, 'reader', { exp: inSeconds(-120) }));
  return {
    wire,
    directory,
    url: wire.bridge.url,
    tokens: { reader: reader ?? '', scoped: scoped ?? '', lister: lister ?? '', expired },
    run: (program, args, { env = {}, ...rest } = {}) =>
      run(program, args, { directory, env: { HOME: directory, ...env }, ...rest }),
    saw: async (...seen) => {
      for (const operation of seen) {
        const named = ({ operation: name, status }: LogLine): boolean =>
          name === operation && typeof status === 'number' && status < 300;
        await wire.bridge.line(SIGNS[operation] ?? named);
        operations.add(operation);
      }
    },
    close: async () => {
      await wire.close();
      await rm(directory, { recursive: true, force: true });
      if (client !== undefined) await writeResults(client, operations);
    },
  };
}

function configOf({ audience, awsAudience, region, role, callers }: SandboxContract): string {
  return `audience: ${audience}
aws: { region: ${region}, audience: ${awsAudience} }
roles: { lake: { arn: '${role}' } }
buckets: { ${BUCKET}: { role: lake } }
grants:
  - { callers: [${callers.reader}], allow: [get, list, versions, tags, attributes], bucket: ${BUCKET} }
  - { callers: [${callers.scoped}], allow: [get, list], bucket: ${BUCKET}, prefix: raw/public/ }
  - { callers: [${callers.stranger}], allow: [list], bucket: ${BUCKET} }
`;
}

/** Fills the sandbox's bucket: the tree below `tree/`, and the object with versions. */
export async function fill({ wire }: Lake): Promise<void> {
  for (const [name, bytes] of TREE) await wire.put(`tree/${name}`, bytes);
  const { s3: endpoint, region, owner: credentials } = wire.sandbox.contract;
  const owner = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await owner.send(new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration }));
  owner.destroy();
  await wire.put(VERSIONED_KEY, 'first', { Tagging: 'team=lake' });
  await wire.put(VERSIONED_KEY, 'second', { Tagging: 'team=lake' });
}

/** What S3 clients of all kinds read from the environment: any keys, and the token. */
export const keysFor = (token: string): Record<string, string> => ({
  AWS_ACCESS_KEY_ID: 'any',
  AWS_SECRET_ACCESS_KEY: 'any',
  AWS_SESSION_TOKEN: token,
  // Else a client without keys would ask the machine for some.
  AWS_EC2_METADATA_DISABLED: 'true',
});

/** Fails with all that the client said. */
export function succeeded(ended: Ended): string {
  assert.equal(ended.code, 0, ended.said);
  return ended.stdout;
}

export function failed(ended: Ended, saying: RegExp): void {
  assert.notEqual(ended.code, 0, ended.said);
  assert.match(ended.said, saying);
}
