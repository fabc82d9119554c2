// The setup for every client test: a bridge, a bucket with a tree of objects, versions and tags, and callers with
// different grants.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import type { SandboxContract } from '../../src/sandbox/sandbox.ts';
import { writeResults } from '../results/operations.ts';
import type { Client, Operation } from '../results/operations.ts';
import type { LogLine } from '../support/bridge-process.ts';
import { googleClaims, inSeconds } from '../support/google-claims.ts';
import { startWire, variablesOf } from '../support/wire.ts';
import type { Wire, WireOptions } from '../support/wire.ts';
import { run } from './program.ts';
import type { Ended, RunOptions } from './program.ts';
import { TREE } from './tree.ts';

export const BUCKET = 'acme-lake';
export const ORDERS_KEY = 'raw/public/orders.csv';
export const ORDERS = 'id,item,quantity\n1,lamp,2\n2,desk,1\n3,chair,4\n4,shelf,1\n';
/** Bytes 17 to 24 of ORDERS. */
export const ORDERS_PART = '1,lamp,2';
/** The key of an object that only the caller `reader` may read. */
export const PRIVATE_KEY = 'raw/private/salaries.csv';
/** The key of an object with the tag `team` = `lake` and two versions, whose contents are `first` and `second`. */
export const VERSIONED_KEY = 'versions/note.txt';

export interface Lake {
  readonly wire: Wire;
  readonly url: string;
  /** A directory for files that clients write, which is removed when the lake closes. */
  readonly directory: string;
  /**
   * Identity tokens. `reader` may read and list everything, and `scoped` everything below raw/public/. `lister` may list
   * everything but read nothing. `expired` has expired.
   */
  readonly tokens: Readonly<Record<'reader' | 'scoped' | 'lister' | 'expired', string>>;
  /** Runs a client, with `directory` as its home and working directory. */
  run(program: string, args: readonly string[], options?: RunOptions): Promise<Ended>;
  /**
   * Records the operations that the client just performed; rejects if the bridge's log does not show that each one succeeded.
   */
  saw(...operations: readonly Operation[]): Promise<void>;
  /** Writes the results. */
  close(): Promise<void>;
}

/**
 * For each operation, tests whether a log line of the bridge shows that the operation succeeded. By default, the line must have
 * the operation's name and a status below 300.
 */
const SIGNS: Partial<Record<Operation, (line: LogLine) => boolean>> = {
  versionId: ({ operation, key, status }) =>
    operation === 'GetObject' && key === VERSIONED_KEY && status === 200,
  range: ({ status }) => status === 206,
  conditional: ({ status }) => status === 304 || status === 412,
};

/** `run.sh --cloud-run` sets this variable; the bridge then sends large responses without Content-Length. */
const PLATFORM: Readonly<Record<string, string>> =
  process.env['CLIENTS_ON_CLOUD_RUN'] === undefined
    ? {}
    : { K_SERVICE: 'lake-bridge', K_REVISION: 'lake-bridge-00001' };

/** @param client the client whose results are written; if undefined, no results are written */
export async function startLake(client?: Client, options: WireOptions = {}): Promise<Lake> {
  const wire = await startWire({
    ownProcess: true,
    config: configOf,
    ...options,
    environment: async (contract) => ({ ...PLATFORM, ...(await variablesOf(options, contract)) }),
  });
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

/** Puts the tree of objects below `tree/`, and the object with versions, into the sandbox. */
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

/** Chooses a bridge's port before the bridge starts, for docs that use the bridge's address as the audience. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  server.close();
  await once(server, 'close');
  return address.port;
}

/** The environment variables for S3 clients: arbitrary access keys, with the identity token as the session token. */
export const keysFor = (token: string): Record<string, string> => ({
  AWS_ACCESS_KEY_ID: 'any',
  AWS_SECRET_ACCESS_KEY: 'any',
  AWS_SESSION_TOKEN: token,
  // A client without keys must not request keys from AWS's metadata server.
  AWS_EC2_METADATA_DISABLED: 'true',
});

/** Asserts that the client succeeded; the error contains its complete output. */
export function succeeded(ended: Ended): string {
  assert.equal(ended.code, 0, ended.said);
  return ended.stdout;
}

export function failed(ended: Ended, saying: RegExp): void {
  assert.notEqual(ended.code, 0, ended.said);
  assert.match(ended.said, saying);
}
