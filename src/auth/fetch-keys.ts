// Fetches an issuer's JSON Web Key Set, from a fixed URL or from the URL in the issuer's discovery document.
import http from 'node:http';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import { errors } from 'jose';
import type { FetchImplementation } from 'jose';
import type { Issuer } from '../config/types.ts';
import { Fault } from '../errors/fault.ts';

/**
 * The maximum size of a response. Key sets and discovery documents have only a few kilobytes. Without a maximum, an issuer
 * could fill the bridge's memory.
 */
const MAX_BYTES = 256 * 1024;

/** Returns a function that fetches an issuer's key set: from its `jwks` URL, or else by discovery. */
export const fetchKeysOf = ({ url, jwks }: Issuer): FetchImplementation =>
  jwks === undefined ? discoverKeySet(url) : fetchKeySet;

export const fetchKeySet: FetchImplementation = async (url, init) => new Response(await fetchBody(url, init));

/**
 * Returns a function that fetches the key set that an issuer's discovery document names (OpenID Connect Discovery 1.0,
 * "Obtaining OpenID Provider Configuration Information"). The document is fetched each time, because the issuer may move its
 * keys to another URL. The keys must be on the issuer's own origin, so that the document cannot send the bridge to another
 * host.
 */
function discoverKeySet(issuer: string): FetchImplementation {
  return async (_url, init) => {
    const document = parseDocument(
      await fetchBody(`${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`, init),
    );
    if (document?.issuer !== issuer) throw unavailable('the discovery document names another issuer');
    const keys = URL.parse(document.jwksUri);
    if (keys?.origin !== new URL(issuer).origin)
      throw unavailable('the discovery document names keys on another origin');
    return new Response(await fetchBody(keys.href, init));
  };
}

function parseDocument(body: Buffer): { readonly issuer: unknown; readonly jwksUri: string } | undefined {
  try {
    const document: unknown = JSON.parse(body.toString());
    if (typeof document !== 'object' || document === null) return undefined;
    const { issuer, jwks_uri: jwksUri } = { issuer: undefined, jwks_uri: undefined, ...document };
    return { issuer, jwksUri: String(jwksUri) };
  } catch {
    throw unavailable('the discovery document is not JSON');
  }
}

const unavailable = (error: string): Fault => new Fault('signing_keys_unavailable', { error });

/**
 * Returns the body of the response, and does not follow redirects. Avoids the global `fetch`, because its first call takes 5 %
 * of the startup time.
 * @throws Fault if the status is not 200, because jose's error would not contain the status; after an abort, the signal's
 * reason
 */
async function fetchBody(
  url: string,
  { headers, signal }: Parameters<FetchImplementation>[1],
): Promise<Buffer<ArrayBuffer>> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const { get } = url.startsWith('https:') ? https : http;
  const strict = { rejectUnauthorized: true, insecureHTTPParser: false };
  // Requests an uncompressed body, because node:https does not decompress bodies.
  get(url, { headers: { ...Object.fromEntries(headers), 'accept-encoding': 'identity' }, signal, ...strict })
    .on('response', resolve)
    .on('error', reject)
    // Rejects here as well, because for a 101 response, Node emits only `close`, even if the signal aborts the request.
    .on('close', () => {
      reject(unavailable('closed'));
    });
  try {
    const response = await promise;
    const { statusCode: status } = response;
    if (status !== 200) {
      // Destroys the response, because an unread body would keep its connection open.
      response.destroy();
      throw new Fault('signing_keys_unavailable', { status });
    }
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_BYTES) throw unavailable('the response is too large');
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}

/** @param issuer the name of the issuer; undefined for Google */
export function keysFault(error: unknown, issuer: string | undefined): Fault {
  const fault =
    error instanceof Fault ? error : new Fault('signing_keys_unavailable', { error: reasonOf(error) });
  if (issuer === undefined || fault.code !== 'signing_keys_unavailable') return fault;
  return new Fault('issuer_keys_unavailable', { issuer, ...fault.detail });
}

/**
 * Returns the first error code in the chain of causes, or else the name of the innermost error, because jose wraps errors in
 * generic errors.
 */
function reasonOf(error: unknown): string {
  let reason: string = typeof error;
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string' && at.code !== errors.JOSEError.code) return at.code;
    reason = at.name;
  }
  return reason;
}
