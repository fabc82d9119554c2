// The whole way for a test: Google, STS and S3 of the sandbox, and the real bridge before them.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import type { RoleDefinition } from '../../src/sandbox/iam/roles.ts';
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
  /** A Google ID token for this bridge's audience, as the metadata server gives it to that caller. */
  token(
    caller: CallerName,
    options?: { readonly audience?: string; readonly format?: 'full' | 'standard' },
  ): Promise<string>;
  /** A request to the bridge; as a caller, or with whatever headers are given. */
  get(path: string, options?: RequestOptions & { readonly as?: CallerName }): Promise<Reply>;
  /** Puts an object into the sandbox's bucket with its owner's keys. */
  put(key: string, body: string | Buffer, more?: Partial<PutObjectCommandInput>): Promise<void>;
  /** Sets a supplier's fault, see the sandbox's control routes. */
  fault(fault: Readonly<Record<string, unknown>>): Promise<void>;
  clearFaults(): Promise<void>;
  /** Any other control route of the sandbox. */
  control(method: string, path: string, body?: unknown): Promise<unknown>;
  /** What a supplier was asked since the calls were last forgotten. */
  calls(supplier: 'metadata' | 'certs' | 'sts' | 's3'): Promise<readonly Readonly<Record<string, unknown>>[]>;
  forgetCalls(): Promise<void>;
  close(): Promise<void>;
}

export interface WireOptions {
  /** YAML instead of the sandbox's own. */
  readonly config?: (contract: SandboxContract) => string;
  /** Where the bridge finds it, instead of in the variable itself. */
  readonly configFile?: string;
  /** More or other variables of the bridge. */
  readonly environment?:
    | Readonly<Record<string, string>>
    | ((contract: SandboxContract) => Record<string, string> | Promise<Record<string, string>>);
  readonly sandbox?: SandboxOptions;
  /** What runs as the bridge, with no other variables than these; the project's own program. */
  readonly program?: Program;
  /** Whether the bridge runs in a process of its own, for signals, memory and whatever belongs to a process; false where it can. */
  readonly ownProcess?: boolean;
  /** Whether to wait until the bridge is ready, which takes one STS call; true. */
  readonly ready?: boolean;
  /** Faults to set before the bridge starts. */
  readonly faults?: readonly Readonly<Record<string, unknown>>[];
  /** Roles that there are from then on, or that are replaced. */
  readonly roles?: readonly RoleDefinition[];
}

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
  const starting = inProcess ? startBridgeInProcess(variables) : startBridge(variables, options.program);
  const bridge = await starting.catch(async (error: unknown) => {
    await sandbox.close();
    throw error;
  });

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
    calls: async (supplier) => {
      const calls = (await control('GET', '/calls')) as Record<
        string,
        readonly Readonly<Record<string, unknown>>[]
      >;
      return calls[supplier] ?? [];
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

/** @returns what `environment` holds */
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
