// Variables that a library would read behind our back, and what it would make of them must not be.

/**
 * Of these gcp-metadata would write tokens to standard error, or ask the metadata server through a proxy, which is another
 * machine and gives the token of another identity; of `DEBUG` Express would write whole URLs there. Nothing else here reads them.
 */
const UNWANTED = [
  'GOOGLE_SDK_NODE_LOGGING',
  'DEBUG',
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
