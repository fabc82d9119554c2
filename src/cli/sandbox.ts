// `fedbridge sandbox`: the suppliers in this process and the bridge in a child, until a signal ends both.
import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve as absolute } from 'node:path';
import { inheritedEnvironment, readPlatform } from '../config/load.ts';
import { startBridge, type BridgeChild } from '../sandbox/bridge-child.ts';
import { removeReadyFile, writeReadyFile } from '../sandbox/ready-file.ts';
import { startSandbox, type Sandbox } from '../sandbox/sandbox.ts';
import { listen } from '../sandbox/upstream-server.ts';
import { welcome } from '../sandbox/welcome.ts';
import { readArguments, UsageError, wantsHelp } from './arguments.ts';

const USAGE = `Usage: fedbridge sandbox [--port N] [--dir DIR] [--config FILE] [--ready-file FILE]

  --port N           the bridge's port, 8080; its suppliers take the five after it; 0: any free ones
  --dir DIR          show this directory, read-only, as the bucket's content
  --config FILE      the bridge's configuration in YAML, in the place of the sandbox's own
  --ready-file FILE  written as JSON when all is up: where everything is, and the owner's keys
`;

const DEFAULT_PORT = 8080;
/** In this order after the bridge's own port. */
const UPSTREAM_PORTS = ['metadata', 'certs', 'sts', 's3', 'control'] as const;
const HIGHEST_PORT = 65_535 - UPSTREAM_PORTS.length;

interface Options {
  readonly port: number;
  readonly dir?: string;
  /** As FEDBRIDGE_CONFIG takes it. */
  readonly config?: string;
  readonly readyFile?: string;
}

/** @returns 0: ended by a signal; 1: something did not start, or the bridge died; 2: wrong usage */
export async function sandbox(args: readonly string[]): Promise<number> {
  if (wantsHelp(args)) {
    process.stdout.write(USAGE);
    return 0;
  }
  let options: Options;
  try {
    if (readPlatform().kind === 'cloud-run') {
      throw new UsageError(
        'The sandbox does not run on Cloud Run (K_SERVICE is set): it gives tokens to anyone who asks.',
      );
    }
    options = await readOptions(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`fedbridge sandbox: ${error.message}\n`);
    return 2;
  }
  try {
    return await run(options);
  } catch (error) {
    process.stderr.write(`fedbridge sandbox: ${explain(error)}\n`);
    return 1;
  } finally {
    if (options.readyFile !== undefined) removeReadyFile(options.readyFile);
  }
}

async function run(options: Options): Promise<number> {
  const { port, dir, config, readyFile } = options;
  if (readyFile !== undefined) removeReadyFile(readyFile);
  // Told here, where the fix is --port; the bridge knows only PORT.
  if (port !== 0) await (await listen(port, () => undefined)).close();
  const numbers = UPSTREAM_PORTS.map((name, index) => [name, port === 0 ? 0 : port + 1 + index] as const);
  const suppliers = await startSandbox({
    ports: Object.fromEntries(numbers),
    ...(dir === undefined ? {} : { dir }),
  });
  let child: BridgeChild | undefined;
  const signalled = firstSignal(() => child?.kill());
  try {
    const environment = {
      ...suppliers.environment,
      ...(config === undefined ? {} : { FEDBRIDGE_CONFIG: config }),
    };
    child = await startBridge({
      ...inheritedEnvironment(),
      ...environment,
      PORT: String(port),
      FEDBRIDGE_HOST: '127.0.0.1',
    });
    const bridge = `http://127.0.0.1:${child.port}`;
    if (readyFile !== undefined) await writeReadyFile(readyFile, { bridge, ...suppliers.contract });
    process.stdout.write(
      welcome({
        contract: suppliers.contract,
        environment,
        bridge,
        ofDirectory: dir !== undefined,
        ofOwnConfig: config !== undefined,
      }),
    );
    const why = await Promise.race([signalled, child.ended]);
    if (why !== undefined) throw new Error(`The bridge ended unexpectedly (${why}).`);
    return 0;
  } finally {
    await stop(child, suppliers);
  }
}

/** The bridge first: what it still streams comes from the suppliers. */
async function stop(child: BridgeChild | undefined, suppliers: Sandbox): Promise<void> {
  await child?.stop();
  await suppliers.close();
}

/** Resolves at the first signal; the second ends everything at once. */
function firstSignal(onSecond: () => void): Promise<undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let signalled = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (signalled) {
        onSecond();
        process.exit(1);
      }
      signalled = true;
      resolve(undefined);
    });
  }
  return promise;
}

async function readOptions(args: readonly string[]): Promise<Options> {
  const values = optionsIn(args);
  const port = Number(values.port ?? DEFAULT_PORT);
  if (!/^\d+$/.test(values.port ?? '0') || port > HIGHEST_PORT) {
    throw new UsageError(
      `--port must be a whole number from 0 to ${HIGHEST_PORT}; write for example --port 9000.`,
    );
  }
  const kindOf = async (path: string) => stat(path).catch(() => undefined);
  if (values.dir !== undefined && !(await kindOf(values.dir))?.isDirectory()) {
    throw new UsageError(
      `--dir must name a directory that exists, and ${values.dir} is none; check the path.`,
    );
  }
  const { 'ready-file': readyFile } = values;
  if (readyFile !== undefined && !(await kindOf(dirname(readyFile)))?.isDirectory()) {
    throw new UsageError(
      `--ready-file must lie in a directory that exists, and ${readyFile} does not; make the directory.`,
    );
  }
  return {
    port,
    ...(values.dir === undefined ? {} : { dir: values.dir }),
    ...(values.config === undefined ? {} : { config: await configOf(values.config) }),
    ...(readyFile === undefined ? {} : { readyFile }),
  };
}

/** A file by its path; what is none, such as a shell's `<(…)`, by its text, as the child cannot open it. */
async function configOf(path: string): Promise<string> {
  try {
    return (await stat(path)).isFile() ? absolute(path) : `${await readFile(path, 'utf8')}\n`;
  } catch {
    throw new UsageError(`--config must name a file that can be read, and ${path} cannot; check the path.`);
  }
}

function optionsIn(args: readonly string[]) {
  try {
    return readArguments(args, { options: ['port', 'dir', 'config', 'ready-file'] }).values;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    // npm takes the options in front of a `--` for its own, and leaves their values.
    const valuesOnly = args.some((arg) => /^\d+$/.test(arg)) && !args.some((arg) => arg.startsWith('-'));
    const hint = valuesOnly ? ' With npm options stand behind a --: npm run sandbox -- --port N.' : '';
    throw new UsageError(`${error.message}${hint} Each option takes one value; these are all:\n\n${USAGE}`);
  }
}

/** Errors of the system in a sentence with a fix. */
function explain(error: unknown): string {
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') {
    return `Port ${port ?? ''} of 127.0.0.1 is taken: stop what has it, or choose six free ones in a row with --port N (0: any).`;
  }
  if (code === 'EACCES' && port !== undefined)
    return `Port ${port} needs more rights: choose another with --port N.`;
  return message;
}
