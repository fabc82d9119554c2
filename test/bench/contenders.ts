// Starts the servers that the benchmark compares: the bridge and its alternatives, all on the same core.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { createCertificate } from './certificate.ts';
import type { Child, Children } from './children.ts';
import { openLogPipe } from './log-pipe.ts';
import { startOrigin, startProxy } from './nginx.ts';
import { OBJECTS, SMALL } from './objects.ts';
import type { BenchObject } from './objects.ts';
import { freePort, listening } from './ports.ts';
import { readerToken } from './tokens.ts';

/** The core of the load generator and the upstreams. The measured servers run on the other core. */
export const LOAD_CORE = 0;
export const MEASURED_CORE = 1;

/**
 * `h2c` and `bare-h2c` are the bridge and `bare` over a single HTTP/2 connection, with one stream for each connection of the
 * other contenders. `baseline` is the bridge in a different worktree.
 */
export const CONTENDERS = [
  'bridge',
  'h2c',
  'baseline',
  'nginx',
  'SDK',
  'memory',
  'bare',
  'bare-h2c',
] as const;
export type ContenderName = (typeof CONTENDERS)[number];

export interface Contender {
  /** A name from `CONTENDERS`, or the name of a different program that a benchmark starts. */
  readonly name: string;
  readonly pid: number;
  readonly origin: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether h2load sends the load over one HTTP/2 connection. Otherwise, wrk sends the load. */
  readonly isHttp2?: boolean;
  /** The objects to request from this contender. */
  readonly objects: readonly BenchObject[];
}

export interface Field {
  readonly contenders: readonly Contender[];
  /** The bucket in path-style URLs. All contenders use the same one. */
  readonly bucket: string;
  /** The stand-in for S3. The stand-in is also measured directly, because every contender's time includes the stand-in's time. */
  readonly behind: Contender;
}

export interface FieldOptions {
  /** The contenders to start; by default, all except the baseline. */
  readonly names?: readonly ContenderName[];
  /** The root of a different worktree of this project. */
  readonly baseline?: string | undefined;
  /** Whether the origin uses TLS. */
  readonly tls?: boolean;
  /** The maximum rate of each connection to the origin, in bytes per second. */
  readonly ratePerConnection?: number;
  /** Additional environment variables for the bridge and the baseline. */
  readonly environment?: Readonly<Record<string, string>>;
}

const program = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const OWN_ROOT = program('../..');

/** Raises the limits, because by default a caller may have only 200 concurrent requests. */
export const WIDE_LIMITS = 'limits: { inFlight: 4000, perCaller: 4000 }\n';

/**
 * Starts all contenders and their origin, and resolves when all of them are listening. The sandbox emulates the bridge's other
 * upstreams.
 */
export async function startField(
  children: Children,
  directory: string,
  sandbox: Sandbox,
  {
    names = CONTENDERS.filter((name) => name !== 'baseline'),
    baseline,
    tls = false,
    environment = {},
    ratePerConnection,
  }: FieldOptions = {},
): Promise<Field> {
  const { contract } = sandbox;
  const logs = openLogPipe(children, LOAD_CORE, directory);
  const originPort = await freePort();
  const origin = tls ? `https://localhost:${originPort}` : `http://127.0.0.1:${originPort}`;
  const { bucket, region } = contract;
  const certificate = tls ? createCertificate(directory) : undefined;
  const trust = certificate === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificate.certificate };
  const { pid } = startOrigin(children, {
    core: LOAD_CORE,
    port: originPort,
    directory,
    bucket,
    objects: OBJECTS,
    tls: certificate,
    ratePerConnection,
  });
  await listening(originPort, children.signal);

  const token = { authorization: `Bearer ${await readerToken(contract)}` };
  const node = (args: readonly string[], env: Readonly<Record<string, string>>, stdout?: number): Child =>
    children.start({
      core: MEASURED_CORE,
      command: process.execPath,
      args,
      env: { NODE_ENV: 'production', ...trust, ...env },
      ...(stdout === undefined ? {} : { stdout }),
    });
  const bridgeOf = (root: string) => ({
    headers: token,
    start: (port: number) =>
      node(
        ['--min-semi-space-size=16', join(root, 'src/main.ts'), 'serve'],
        {
          ...sandbox.environment,
          FEDBRIDGE_CONFIG: `${sandbox.environment['FEDBRIDGE_CONFIG'] ?? ''}${WIDE_LIMITS}`,
          AWS_ENDPOINT_URL_S3: origin,
          FEDBRIDGE_HOST: '127.0.0.1',
          PORT: String(port),
          ...environment,
        },
        logs,
      ),
  });
  // Gets the same token as the bridge, because parsing a one-kilobyte header takes time. Does not support TLS.
  const bareOver = (protocol: 'http1' | 'h2c'): Entry | undefined =>
    tls
      ? undefined
      : {
          headers: token,
          start: (port) => node([program('bare-server.ts'), String(port), origin, protocol], {}),
          objects: SMALL,
        };
  interface Entry {
    readonly start: (port: number) => Child;
    readonly headers?: Readonly<Record<string, string>>;
    readonly objects?: readonly BenchObject[];
  }
  const entries: Readonly<Record<ContenderName, Entry | undefined>> = {
    bridge: bridgeOf(OWN_ROOT),
    h2c: bridgeOf(OWN_ROOT),
    baseline: baseline === undefined ? undefined : bridgeOf(baseline),
    nginx: {
      start: (port) =>
        startProxy(children, {
          core: MEASURED_CORE,
          port,
          directory,
          originPort,
          stdout: logs,
          tls: certificate,
        }),
    },
    SDK: { start: (port) => node([program('sdk-server.ts'), String(port), origin, region], {}) },
    memory: { start: (port) => node([program('memory-server.ts'), String(port)], {}), objects: SMALL },
    bare: bareOver('http1'),
    'bare-h2c': bareOver('h2c'),
  };

  const contenders: Contender[] = [];
  for (const name of CONTENDERS) {
    const entry = entries[name];
    if (entry === undefined || !(names.includes(name) || name === 'baseline')) continue;
    const port = await freePort();
    const { pid } = entry.start(port);
    await listening(port, children.signal);
    const { headers = {}, objects = OBJECTS } = entry;
    contenders.push({
      name,
      pid,
      origin: `http://127.0.0.1:${port}`,
      headers,
      objects,
      isHttp2: name.endsWith('h2c'),
    });
  }
  return { contenders, bucket, behind: { name: 'S3 alone', pid, origin, headers: {}, objects: OBJECTS } };
}
