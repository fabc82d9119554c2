// `fedbridge sandbox`: runs the emulators in this process and the bridge in a child process until a signal ends both.
import { inheritedEnvironment, readPlatform } from '../config/load.ts';
import { ConfigError } from '../config/problem.ts';
import { startProgram, type BridgeChild } from '../sandbox/bridge-child.ts';
import { UPSTREAM_PORTS } from '../sandbox/contract.ts';
import { readableLine } from '../sandbox/readable-log.ts';
import { removeReadyFile, writeReadyFile } from '../sandbox/ready-file.ts';
import { startSandbox, type Sandbox } from '../sandbox/sandbox.ts';
import { listen } from '../sandbox/upstream-server.ts';
import { welcome } from '../sandbox/welcome.ts';
import { UsageError, wantsHelp } from './arguments.ts';
import { readSandboxOptions, USAGE, type SandboxCommand } from './sandbox-options.ts';

/** @returns 0 if a signal ended the sandbox; 1 if something did not start, or if the bridge exited; 2 for wrong usage */
export async function sandbox(args: readonly string[]): Promise<number> {
  if (wantsHelp(args)) {
    process.stdout.write(USAGE);
    return 0;
  }
  let options: SandboxCommand;
  try {
    if (readPlatform().kind === 'cloud-run') {
      throw new UsageError(
        'The sandbox does not run on Cloud Run (K_SERVICE is set), because it gives tokens to anyone.',
      );
    }
    options = await readSandboxOptions(args);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof ConfigError)) throw error;
    process.stderr.write(`fedbridge sandbox: ${error.message}\n`);
    return error instanceof UsageError ? 2 : 1;
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

async function run(options: SandboxCommand): Promise<number> {
  const { port, dir, seed, as, pod, readyFile } = options;
  if (readyFile !== undefined) removeReadyFile(readyFile);
  // Checks here whether the port is free, because the bridge's own message would suggest changing PORT, but users of the
  // sandbox must change --port.
  if (port !== 0) await (await listen(port, () => undefined)).close();
  const numbers = UPSTREAM_PORTS.map((name, index) => [name, port === 0 ? 0 : port + 1 + index] as const);
  const emulators = await startSandbox({
    ports: Object.fromEntries(numbers),
    seed,
    ...(dir === undefined ? {} : { dir }),
    ...(as === undefined ? {} : { as }),
  });
  let child: BridgeChild | undefined;
  let consoleChild: BridgeChild | undefined;
  const signalled = firstSignal(() => {
    child?.kill();
    consoleChild?.kill();
  });
  try {
    child = await startProgram('bridge', environmentFor(emulators, port), onLine());
    emulators.serveConsole(async () => {
      consoleChild = await startProgram('console', environmentFor(emulators, 0), onLine());
      return `http://127.0.0.1:${consoleChild.port}`;
    });
    const bridge = `http://127.0.0.1:${child.port}`;
    const tokenFile = pod === undefined ? undefined : await emulators.tokenFileOf(pod);
    if (readyFile !== undefined)
      await writeReadyFile(readyFile, { bridge, ...emulators.contract, tokenFile });
    process.stdout.write(
      welcome({
        ...emulators,
        ...options,
        bridge,
        tokenFile,
      }),
    );
    const why = await Promise.race([signalled, child.ended]);
    if (why !== undefined) throw new Error(`The bridge exited unexpectedly (${why}).`);
    return 0;
  } finally {
    await Promise.all([child?.stop(), consoleChild?.stop()]);
    // The emulators close last, because open streams of the bridge and the console still read from them.
    await emulators.close();
  }
}

const environmentFor = ({ environment }: Sandbox, port: number): Record<string, string> => ({
  ...inheritedEnvironment(),
  ...environment,
  PORT: String(port),
  FEDBRIDGE_HOST: '127.0.0.1',
});

/** If standard output is a terminal, returns a function that prints log lines in a readable form. */
const onLine = (): ((line: string) => void) | undefined =>
  process.stdout.isTTY ? (line) => process.stdout.write(`${readableLine(line)}\n`) : undefined;

/** Resolves on the first signal; a second signal ends the process immediately. */
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

/** Describes an error. For a port that cannot be used, suggests a fix. */
function explain(error: unknown): string {
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') {
    return `Port ${port ?? ''} on 127.0.0.1 is in use. Stop the program that uses it, or set --port to the first of eight consecutive free ports (0: any free ports).`;
  }
  if (code === 'EACCES' && port !== undefined)
    return `Listening on port ${port} is not permitted. Choose another port with --port N.`;
  return message;
}
