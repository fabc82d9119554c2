// Variables that a library would read behind our back, and what it would make of them must not be.

/**
 * Of these gcp-metadata would write tokens to standard error, or ask the metadata server through a proxy, which is another
 * machine and gives the token of another identity. Nothing else here reads them.
 */
const UNWANTED = ['GOOGLE_SDK_NODE_LOGGING', 'HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'];

/** Must come before the library is loaded. */
export function dropUnwantedVariables(env = process.env): void {
  for (const name of UNWANTED) Reflect.deleteProperty(env, name);
}
