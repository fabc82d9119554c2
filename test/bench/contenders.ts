// What is measured: the bridge, and beside it on the same core what else could stand in its place.
import { fileURLToPath } from 'node:url';
import type { Sandbox, SandboxContract } from '../../src/sandbox/sandbox.ts';
import type { Child, Children } from './children.ts';
import { openLogPipe } from './log-pipe.ts';
import { startOrigin, startProxy } from './nginx.ts';
import { OBJECTS } from './objects.ts';
import type { BenchObject } from './objects.ts';
import { freePort, listening } from './ports.ts';

/** One core for what loads and what is behind, one for what is measured. */
export const LOAD_CORE = 0;
export const MEASURED_CORE = 1;

export type ContenderName = 'bridge' | 'nginx' | 'SDK' | 'memory';

export interface Contender {
  readonly name: ContenderName;
  readonly pid: number;
  readonly origin: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Which objects it is asked for. */
  readonly objects: readonly BenchObject[];
}

export interface Field {
  readonly contenders: readonly Contender[];
  /** In S3's path style: the same for all. */
  readonly bucket: string;
}

const program = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** Starts them all, and the origin behind them; resolves when each listens. The bridge's other suppliers are the sandbox's. */
export async function startField(children: Children, directory: string, sandbox: Sandbox): Promise<Field> {
  const { contract } = sandbox;
  const logs = openLogPipe(children, LOAD_CORE, directory);
  const originPort = await freePort();
  const origin = `http://127.0.0.1:${originPort}`;
  const { bucket, region } = contract;
  startOrigin(children, { core: LOAD_CORE, port: originPort, directory, bucket, objects: OBJECTS });
  await listening(originPort, children.signal);

  const enter = async (
    name: ContenderName,
    start: (port: number) => Child,
    options: { readonly headers?: Readonly<Record<string, string>>; readonly objects?: typeof OBJECTS } = {},
  ): Promise<Contender> => {
    const port = await freePort();
    const { pid } = start(port);
    await listening(port, children.signal);
    const { headers = {}, objects = OBJECTS } = options;
    return { name, pid, origin: `http://127.0.0.1:${port}`, headers, objects };
  };
  const node = (args: readonly string[], env: Readonly<Record<string, string>>, stdout?: number): Child =>
    children.start({
      ...{ core: MEASURED_CORE, command: process.execPath, args },
      env: { NODE_ENV: 'production', ...env },
      ...(stdout === undefined ? {} : { stdout }),
    });

  const contenders = [
    await enter(
      'bridge',
      (port) =>
        node(
          [program('../../src/main.ts'), 'serve'],
          {
            ...sandbox.environment,
            ...{ AWS_ENDPOINT_URL_S3: origin, FEDBRIDGE_HOST: '127.0.0.1', PORT: String(port) },
          },
          logs,
        ),
      { headers: { authorization: `Bearer ${await readerToken(contract)}` } },
    ),
    await enter('nginx', (port) =>
      startProxy(children, { core: MEASURED_CORE, port, directory, originPort, stdout: logs }),
    ),
    await enter('SDK', (port) => node([program('sdk-server.ts'), String(port), origin, region], {})),
    await enter('memory', (port) => node([program('memory-server.ts'), String(port)], {}), {
      objects: OBJECTS.filter(({ name }) => name === '1 KiB'),
    }),
  ];
  return { contenders, bucket };
}

/** As the reader itself would ask its own metadata server; good for an hour. */
async function readerToken({ metadata, audience, callers }: SandboxContract): Promise<string> {
  const url = new URL(`/computeMetadata/v1/instance/service-accounts/${callers.reader}/identity`, metadata);
  url.search = new URLSearchParams({ audience, format: 'full' }).toString();
  const answer = await fetch(url, { headers: { 'metadata-flavor': 'Google' } });
  if (!answer.ok) throw new Error(`the sandbox's metadata server answered ${answer.status}`);
  return (await answer.text()).trim();
}
