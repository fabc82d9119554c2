// Environment variables that Node or a library acts on before the configuration is read.
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

export type ProcessEnvironment = Record<string, string | undefined>;

/**
 * With these, gcp-metadata would write tokens to standard error, or call the metadata server through a proxy, which is another machine
 * and returns the token of another identity; with `DEBUG`, Express would write whole URLs there. OpenSSL can be built to write the keys
 * of TLS connections to SSLKEYLOGFILE; Node's own is not. Nothing else here reads them.
 */
const UNWANTED = [
  'GOOGLE_SDK_NODE_LOGGING',
  'DEBUG',
  'SSLKEYLOGFILE',
  'HTTPS_PROXY',
  'https_proxy',
  'HTTP_PROXY',
  'http_proxy',
];

/**
 * Call it before the libraries are loaded. Also stops google-auth-library from looking for a metadata server if there is no login
 * (gcp-metadata, METADATA_SERVER_DETECTION): the bridge calls that server only if it is configured to, whatever the variable says.
 */
export function setLibraryVariables(env: ProcessEnvironment): void {
  for (const name of UNWANTED) Reflect.deleteProperty(env, name);
  env['METADATA_SERVER_DETECTION'] = 'none';
}

/**
 * Node reads the variable before any code of this program, and then writes requests to S3 and STS to standard error.
 * @returns whether it is set, and so too late to drop
 */
export const enablesDebugOutput = (env: ProcessEnvironment): boolean => (env['NODE_DEBUG'] ?? '') !== '';

/**
 * As with {@link enablesDebugOutput}, dropping it changes nothing, because Node has read the proxies as well.
 * Older versions of Node use it for `fetch` only, and show it nowhere else.
 */
export const enablesProxies = (env: ProcessEnvironment): boolean => env['NODE_USE_ENV_PROXY'] === '1';

/** Node compares with exactly this text, at each connection. */
export const trustsAnyCertificate = (env: ProcessEnvironment): boolean =>
  env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0';

export const nodeOptions = (env: ProcessEnvironment): string => env['NODE_OPTIONS'] ?? '';

/**
 * As in the XDG Base Directory Specification, which also says to ignore relative paths.
 * @returns undefined if NODE_COMPILE_CACHE names a directory, which Node then uses already, or if there is no home directory
 */
export function compileCacheDirectory(env: ProcessEnvironment): string | undefined {
  if ((env['NODE_COMPILE_CACHE'] ?? '') !== '') return undefined;
  const caches = env['XDG_CACHE_HOME'] ?? '';
  if (isAbsolute(caches)) return join(caches, 'fedbridge');
  const home = homeDirectory();
  return home === undefined ? undefined : join(home, '.cache', 'fedbridge');
}

/**
 * Call it after {@link compileCacheDirectory}. The AWS SDK looks for files of profiles in the home directory, and throws if there is none,
 * at each call of STS. The root directory is what container runtimes set then, and only root can put such files there.
 */
export function setHomeDirectory(env: ProcessEnvironment): void {
  if (homeDirectory() === undefined) env['HOME'] = '/';
}

/** @returns undefined for a user without HOME and without an entry in /etc/passwd */
function homeDirectory(): string | undefined {
  try {
    const home = homedir();
    return isAbsolute(home) ? home : undefined;
  } catch {
    return undefined;
  }
}
