// Handles environment variables that Node or a library reads before the bridge reads its configuration.
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

export type ProcessEnvironment = Record<string, string | undefined>;

/**
 * The variables that are removed from the environment. GOOGLE_SDK_NODE_LOGGING makes gcp-metadata write tokens to standard error.
 * The proxy variables make gcp-metadata call a metadata server through a proxy, so that it receives a different machine's
 * identity. DEBUG makes Express write whole URLs to standard error. SSLKEYLOGFILE makes some builds of OpenSSL (not Node's) write
 * TLS session keys. The bridge itself uses none of these variables.
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
 * Removes the unwanted variables, and sets METADATA_SERVER_DETECTION, so that google-auth-library does not look for a metadata
 * server if it finds no credentials. The original value of METADATA_SERVER_DETECTION is ignored, because only the bridge's
 * configuration determines whether the bridge calls the metadata server. Must be called before the libraries are loaded.
 */
export function setLibraryVariables(env: ProcessEnvironment): void {
  for (const name of UNWANTED) Reflect.deleteProperty(env, name);
  env['METADATA_SERVER_DETECTION'] = 'none';
}

/**
 * Whether NODE_DEBUG makes Node write requests to S3 and STS to standard error. Node reads the variable before any code of this
 * program runs, so removing it later has no effect.
 */
export const enablesDebugOutput = (env: ProcessEnvironment): boolean => (env['NODE_DEBUG'] ?? '') !== '';

/**
 * Whether NODE_USE_ENV_PROXY makes Node use proxies. Node reads the variable before any code of this program runs. Older versions
 * of Node use it only for `fetch`, so `http.globalAgent` does not show whether it is set.
 */
export const enablesProxies = (env: ProcessEnvironment): boolean => env['NODE_USE_ENV_PROXY'] === '1';

/**
 * Whether NODE_TLS_REJECT_UNAUTHORIZED turns off certificate verification. Node reads the variable for each connection, and only
 * the value `0` turns off the verification.
 */
export const trustsAnyCertificate = (env: ProcessEnvironment): boolean =>
  env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0';

export const nodeOptions = (env: ProcessEnvironment): string => env['NODE_OPTIONS'] ?? '';

/**
 * Returns the directory for compiled code. Follows the XDG Base Directory Specification, which requires that relative paths are
 * ignored.
 * @returns undefined if Node already uses the directory that NODE_COMPILE_CACHE names, or if there is no home directory
 */
export function compileCacheDirectory(env: ProcessEnvironment): string | undefined {
  if ((env['NODE_COMPILE_CACHE'] ?? '') !== '') return undefined;
  const caches = env['XDG_CACHE_HOME'] ?? '';
  if (isAbsolute(caches)) return join(caches, 'fedbridge');
  const home = homeDirectory();
  return home === undefined ? undefined : join(home, '.cache', 'fedbridge');
}

/**
 * Sets HOME to the root directory if there is no home directory. Must be called after {@link compileCacheDirectory}. The AWS SDK
 * looks for profile files in the home directory at each STS call, and throws if there is none. The root directory is safe,
 * because only root can create profile files in it.
 */
export function setHomeDirectory(env: ProcessEnvironment): void {
  if (homeDirectory() === undefined) env['HOME'] = '/';
}

/** @returns undefined if HOME is not set and the user has no entry in /etc/passwd */
function homeDirectory(): string | undefined {
  try {
    const home = homedir();
    return isAbsolute(home) ? home : undefined;
  } catch {
    return undefined;
  }
}
