// Starts the sandbox's emulators of Google, STS and S3, and a real bridge that uses them.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import type { RoleDefinition } from '../../src/sandbox/iam/roles.ts';
import { compressAsset, readAssets } from '../../src/console/assets.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import type { Sandbox, SandboxContract, SandboxOptions } from '../../src/sandbox/sandbox.ts';
import { mayStartInProcess, startBridgeInProcess } from './bridge-in-process.ts';
import { startBridge } from './bridge-process.ts';
import type { BridgeProcess, Program } from './bridge-process.ts';
import { request } from './http-request.ts';
import type { Reply, RequestOptions } from './http-request.ts';
import { until } from './until.ts';

export type CallerName = keyof SandboxContract['callers'];

export interface Wire {
  readonly sandbox: Sandbox;
  readonly bridge: BridgeProcess;
  /** Gets a Google ID token for this caller from the metadata server, by default for the bridge's audience. */
  token(
    caller: CallerName,
    options?: { readonly audience?: string; readonly format?: 'full' | 'standard' },
  ): Promise<string>;
  /** Sends a request to the bridge, as a caller or with the given headers. */
  get(path: string, options?: RequestOptions & { readonly as?: CallerName }): Promise<Reply>;
  /** Puts an object into the sandbox's bucket, as the bucket's owner. */
  put(key: string, body: string | Buffer, more?: Partial<PutObjectCommandInput>): Promise<void>;
  /** Sets a fault with the sandbox's PUT /faults. */
  fault(fault: Readonly<Record<string, unknown>>): Promise<void>;
  clearFaults(): Promise<void>;
  /** Calls a route of the sandbox's control API. */
  control(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Returns the upstream's requests since the last `forgetCalls`. */
  calls(
    upstream: 'metadata' | 'certs' | 'sts' | 's3' | 'issuer',
  ): Promise<readonly Readonly<Record<string, unknown>>[]>;
  forgetCalls(): Promise<void>;
  close(): Promise<void>;
}

export interface WireOptions {
  /** Creates the bridge's YAML configuration; by default, the sandbox's configuration is used. */
  readonly config?: (contract: SandboxContract) => string;
  /** A file to which the configuration is written; FEDBRIDGE_CONFIG then contains the file's path. */
  readonly configFile?: string;
  /** Environment variables to add to the bridge's environment, or to replace in it. */
  readonly environment?:
    | Readonly<Record<string, string>>
    | ((contract: SandboxContract) => Record<string, string> | Promise<Record<string, string>>);
  readonly sandbox?: SandboxOptions;
  /** A program to run instead of the project's own program. */
  readonly program?: Program;
  /**
   * Whether to run the bridge in a separate process, for example to send signals. By default, the bridge runs in the test's
   * process if its environment variables allow it.
   */
  readonly ownProcess?: boolean;
  /** Whether to run the console instead of the bridge. In the test's process, its page is a single line. */
  readonly console?: boolean;
  /** Whether to wait until the bridge is ready, which requires one STS call; default: true. */
  readonly ready?: boolean;
  /** Faults to set before the bridge starts. */
  readonly faults?: readonly Readonly<Record<string, unknown>>[];
  /** Roles to create or replace before the bridge starts. */
  readonly roles?: readonly RoleDefinition[];
}

const STUB_PAGE = { assets: readAssets([compressAsset('/', Buffer.from('The page.\n'))]) };

export async function startWire(options: WireOptions = {}): Promise<Wire> {
  const sandbox = await startSandbox(options.sandbox);
  const { contract } = sandbox;
  const control = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const reply = await request(contract.control, path, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    assert.ok(reply.status < 300, `${method} ${path}: ${reply.status} ${reply.text}`);
    return reply.text === '' ? undefined : (JSON.parse(reply.text) as unknown);
  };
  for (const fault of options.faults ?? []) await control('PUT', '/faults', fault);
  for (const role of options.roles ?? []) await control('PUT', '/roles', role);
  const { config, configFile } = options;
  const yaml = config === undefined ? undefined : `${config(contract)}\n`;
  if (configFile !== undefined && yaml !== undefined) await writeFile(configFile, yaml);
  const variables = {
    ...sandbox.environment,
    ...(yaml === undefined ? {} : { FEDBRIDGE_CONFIG: configFile ?? yaml }),
    ...(await variablesOf(options, contract)),
  };
  const inProcess =
    options.program === undefined && options.ownProcess !== true && mayStartInProcess(variables);
  const isConsole = options.console === true;
  const starting = inProcess
    ? startBridgeInProcess(variables, isConsole ? STUB_PAGE : undefined)
    : startBridge(variables, options.program ?? (isConsole ? 'console' : 'serve'));
  const bridge = await starting.catch(async (error: unknown) => {
    await sandbox.close();
    throw error;
  });

  if (isConsole) sandbox.serveConsole(() => Promise.resolve(bridge.url));

  const owner = new S3Client({
    endpoint: contract.s3,
    region: contract.region,
    credentials: contract.owner,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  const wire: Wire = {
    sandbox,
    bridge,
    control,
    token: async (caller, { audience = contract.audience, format = 'full' } = {}) => {
      const query = `audience=${encodeURIComponent(audience)}&format=${format}`;
      const path = `/computeMetadata/v1/instance/service-accounts/${contract.callers[caller]}/identity?${query}`;
      const reply = await request(contract.metadata, path, { headers: { 'Metadata-Flavor': 'Google' } });
      assert.equal(reply.status, 200, reply.text);
      return reply.text;
    },
    get: async (path, { as, headers = {}, ...rest } = {}) => {
      const authorization = as === undefined ? {} : { authorization: `Bearer ${await wire.token(as)}` };
      return request(bridge.url, path, { ...rest, headers: { ...authorization, ...headers } });
    },
    put: async (key, body, more = {}) => {
      await owner.send(new PutObjectCommand({ Bucket: contract.bucket, Key: key, Body: body, ...more }));
    },
    fault: async (fault) => {
      await control('PUT', '/faults', fault);
    },
    clearFaults: async () => {
      await control('DELETE', '/faults');
    },
    calls: async (upstream) => {
      const calls = (await control('GET', '/calls')) as Record<
        string,
        readonly Readonly<Record<string, unknown>>[]
      >;
      return calls[upstream] ?? [];
    },
    forgetCalls: async () => {
      await control('DELETE', '/calls');
    },
    close: async () => {
      owner.destroy();
      await bridge.stop().finally(() => sandbox.close());
    },
  };
  if (options.ready !== false) {
    await untilReady(wire).catch(async (error: unknown) => {
      await wire.close();
      throw error;
    });
  }
  return wire;
}

/** @returns `environment`, or its result if it is a function */
export function variablesOf(
  { environment = {} }: Pick<WireOptions, 'environment'>,
  contract: SandboxContract,
): Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>> {
  return typeof environment === 'function' ? environment(contract) : environment;
}

async function untilReady(wire: Wire): Promise<void> {
  await until('the bridge is ready', async () => (await wire.get('/-/ready')).status === 200).catch(
    (error: unknown) => {
      throw new Error(wire.bridge.output(), { cause: error });
    },
  );
}
