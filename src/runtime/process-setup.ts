// Sets up a process before anything else is loaded: rejects unsafe Node settings, and removes unwanted environment variables.
// `node:module` is imported as a default import, because in an old version of Node, importing a missing name would fail before
// the version check.
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
 * Must be called first, because it does not affect code that is already loaded or a heap that has already grown. Changes
 * `process.env`.
 * @param options.mayBeInspected allows Node's inspector; only the sandbox sets this option, because the sandbox has no secrets;
 * default: false
 */
export function prepareRuntime(options: { readonly mayBeInspected?: boolean } = {}): void {
  const { mayBeInspected = false } = options;
  const { env } = process;
  refuseOldNode();
  refuseDebugOutput(env);
  refuseProxies(env);
  refuseUnsafeSwitches(env, mayBeInspected);
  if (!mayBeInspected) ignoreInspectorSignal();
  setLibraryVariables(env);
  enableCompileCache(env);
  setHomeDirectory(env);
  // Small buffers outside the heap are freed only by collections of V8's young generation, which would become rare if that
  // generation grew. In production, each of its two semi-spaces starts and stays at 16 MiB (`--min-semi-space-size`, which works
  // only on the command line). In measurements, starting at 16 MiB instead of 4 MiB reduced the CPU time for a 1 KiB read by a
  // ninth. The larger size increased the memory for 1,000 slow readers by 20 MiB.
  setFlagsFromString('--semi-space-growth-factor=1');
  // Without this flag, after a burst of requests, V8 allocates some objects in the old generation for each later request. These
  // objects, and everything that they refer to, survive until a major collection. In measurements, the flag reduced the CPU
  // time of a JSON list by a third, and made no difference for reads of 1 KiB and 1 MiB.
  setFlagsFromString('--no-allocation-site-pretenuring');
}

/** The oldest version of Node that the bridge supports. The version must match `engines` in package.json. */
const OLDEST_NODE = 24;

/** Ends the process if Node is too old. Needed only for JavaScript builds, because an older Node fails earlier on TypeScript. */
function refuseOldNode(): void {
  const { node } = process.versions;
  if (Number.parseInt(node, 10) >= OLDEST_NODE) return;
  process.stderr.write(`fedbridge needs Node ${OLDEST_NODE} or later, but this is Node ${node}.\n`);
  process.exit(1);
}

/**
 * Makes Node use its compile cache. Later starts take half the time and 25 MiB less memory, because TypeScript is not parsed
 * again. If no directory is named, Node uses one in the system's temporary directory, even if another user created it.
 */
function enableCompileCache(env: ProcessEnvironment): void {
  const wanted = compileCacheDirectory(env);
  const directory = wanted === undefined ? undefined : privateDirectory(wanted);
  if (directory !== undefined) module.enableCompileCache(directory);
}

/**
 * Ends the process if NODE_DEBUG is set, because Node would write requests to S3 and STS, including tokens, to standard error.
 */
function refuseDebugOutput(env: ProcessEnvironment): void {
  if (!enablesDebugOutput(env)) return;
  process.stderr.write(
    'NODE_DEBUG makes Node write requests, including tokens, to standard error. Unset it.\n',
  );
  process.exit(1);
}

/**
 * Ends the process if Node uses a proxy. A request to the metadata server would then reach the one on the proxy's machine, which
 * responds with that machine's identity. Also checks `http.globalAgent`, because the option may be on the command line, in
 * NODE_OPTIONS or in a Node configuration file.
 */
function refuseProxies(env: ProcessEnvironment): void {
  const { options } = http.globalAgent as { options?: { readonly proxyEnv?: unknown } };
  if (options?.proxyEnv === undefined && !enablesProxies(env)) return;
  process.stderr.write(
    'NODE_USE_ENV_PROXY or --use-env-proxy makes Node call a proxy instead of the metadata server. Unset the variable and remove the option.\n',
  );
  process.exit(1);
}

/** Ends the process if Node options turn off protections. Must be called before any token is sent. */
function refuseUnsafeSwitches(env: ProcessEnvironment, mayBeInspected: boolean): void {
  if (trustsAnyCertificate(env)) {
    process.stderr.write(
      'NODE_TLS_REJECT_UNAUTHORIZED=0 makes Node accept any certificate, so tokens could go to the wrong server. Unset it. ' +
        'To trust your own certificate authority, set NODE_EXTRA_CA_CERTS.\n',
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

/** Ignores SIGUSR1. Without a listener or `--disable-sigusr1` on the command line, Node starts its inspector on this signal. */
function ignoreInspectorSignal(): void {
  process.on('SIGUSR1', () => undefined);
}
