// Sets up a process before anything else is loaded: rejects unsafe settings of Node, and drops unwanted variables.
// By default and not by name: a Node that lacks the name would not get as far as to say that it is too old.
import http from 'node:http';
import module from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { privateDirectory } from './compile-cache.ts';
import {
  compileCacheDirectory,
  setHomeDirectory,
  setLibraryVariables,
  enablesDebugOutput,
  enablesProxies,
  nodeOptions,
  trustsAnyCertificate,
} from './node-variables.ts';
import type { ProcessEnvironment } from './node-variables.ts';
import { unsafeOption } from './unsafe-options.ts';

/**
 * Call it first: it has no effect on code that is already loaded, or on a heap that has already grown.
 * @param options.env the process's own
 * @param options.mayBeInspected for the sandbox, which holds nothing of value; default: false
 */
export function prepareRuntime(options: {
  readonly env: ProcessEnvironment;
  readonly mayBeInspected?: boolean;
}): void {
  const { env, mayBeInspected = false } = options;
  refuseOldNode();
  refuseDebugOutput(env);
  refuseProxies(env);
  refuseUnsafeSwitches(env, mayBeInspected);
  if (!mayBeInspected) ignoreInspectorSignal();
  setLibraryVariables(env);
  enableCompileCache(env);
  setHomeDirectory(env);
  // Small buffers outside the heap are freed by collections of the young generation alone: where it grew, they ran seldom.
  // Production begins and stays with 16 MiB a half (`--min-semi-space-size`, which only the command line takes). Measured, against
  // 4 MiB: a ninth less CPU for a read of 1 KiB, and 20 MiB more at 1,000 slow readers.
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** As `engines` in package.json. */
const OLDEST_NODE = 24;

/** TypeScript as it is cannot be read by one that is much older: this is for what `npm run build` makes of it. */
function refuseOldNode(): void {
  const { node } = process.versions;
  if (Number.parseInt(node, 10) >= OLDEST_NODE) return;
  process.stderr.write(`fedbridge needs Node ${OLDEST_NODE} or later, and this is ${node}.\n`);
  process.exit(1);
}

/**
 * Measured: from the second start on half the time, and 25 MiB less as TypeScript need not be read again. Without a directory Node
 * would use one in the system's temporary directory, whoever made it.
 */
function enableCompileCache(env: ProcessEnvironment): void {
  const wanted = compileCacheDirectory(env);
  const directory = wanted === undefined ? undefined : privateDirectory(wanted);
  if (directory !== undefined) module.enableCompileCache(directory);
}

/** Keys of objects, and whatever a caller puts in their place, would stand there unredacted. */
function refuseDebugOutput(env: ProcessEnvironment): void {
  if (!enablesDebugOutput(env)) return;
  process.stderr.write(
    'NODE_DEBUG has Node write requests to standard error, tokens among them: unset it.\n',
  );
  process.exit(1);
}

/**
 * Through a proxy the metadata server is the proxy's, and gives its identity. By what Node has made of its options too, as they may
 * stand on the command line, in NODE_OPTIONS or in a file of Node's own.
 */
function refuseProxies(env: ProcessEnvironment): void {
  const { options } = http.globalAgent as { options?: { readonly proxyEnv?: unknown } };
  if (options?.proxyEnv === undefined && !enablesProxies(env)) return;
  process.stderr.write(
    'NODE_USE_ENV_PROXY or --use-env-proxy has Node ask a proxy in the place of the metadata server: unset it.\n',
  );
  process.exit(1);
}

/** Before any token is sent. */
function refuseUnsafeSwitches(env: ProcessEnvironment, mayBeInspected: boolean): void {
  if (trustsAnyCertificate(env)) {
    process.stderr.write(
      'NODE_TLS_REJECT_UNAUTHORIZED=0 has Node send tokens to servers with any certificate. Unset it. ' +
        'For a certificate authority of your own set NODE_EXTRA_CA_CERTS.\n',
    );
    process.exit(1);
  }
  const { execArgv: commandLine } = process;
  const unsafe = unsafeOption({ commandLine, variable: nodeOptions(env), mayBeInspected });
  if (unsafe === undefined) return;
  const { name, does } = unsafe;
  process.stderr.write(`${name} ${does}. Remove it from the command line and from NODE_OPTIONS.\n`);
  process.exit(1);
}

/** Node starts its inspector on SIGUSR1 unless a listener takes its place, or `--disable-sigusr1` is on the command line. */
function ignoreInspectorSignal(): void {
  process.on('SIGUSR1', () => undefined);
}
