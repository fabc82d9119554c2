// Variables that count before the configuration is read: those that Node or a library would act on without the bridge, and where Node
// may keep compiled code.
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * Of these gcp-metadata would write tokens to standard error, or ask the metadata server through a proxy, which is another
 * machine and gives the token of another identity; of `DEBUG` Express would write whole URLs there. OpenSSL can be built to write the
 * keys of TLS connections to SSLKEYLOGFILE; Node's own is not. Nothing else here reads them.
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

/** Must come before the library is loaded. */
export function dropUnwantedVariables(env = process.env): void {
  for (const name of UNWANTED) Reflect.deleteProperty(env, name);
}

/**
 * Node has read it before any of our code, and writes to standard error what is asked of S3 and STS.
 * @returns whether there is one that is too late to drop
 */
export function asksForDebugOutput(env = process.env): boolean {
  return (env['NODE_DEBUG'] ?? '') !== '';
}

/**
 * As {@link asksForDebugOutput}: Node has read the proxies as well, so that to drop them changes nothing.
 * An older Node heeds it for `fetch` alone, and shows it nowhere else.
 */
export function asksForProxies(env = process.env): boolean {
  return env['NODE_USE_ENV_PROXY'] === '1';
}

/** Node compares with exactly this text, at each connection. */
export function trustsAnyCertificate(env = process.env): boolean {
  return env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0';
}

export function nodeOptions(env = process.env): string {
  return env['NODE_OPTIONS'] ?? '';
}

/**
 * As the XDG Base Directory Specification has it, which also says to ignore relative paths.
 * @returns undefined if NODE_COMPILE_CACHE has named another to Node already, or if there is no home
 */
export function compileCacheDirectory(env = process.env): string | undefined {
  if ((env['NODE_COMPILE_CACHE'] ?? '') !== '') return undefined;
  const caches = env['XDG_CACHE_HOME'] ?? '';
  if (isAbsolute(caches)) return join(caches, 'fedbridge');
  try {
    const home = homedir();
    return isAbsolute(home) ? join(home, '.cache', 'fedbridge') : undefined;
  } catch {
    // A user without HOME and without an entry in /etc/passwd.
    return undefined;
  }
}
