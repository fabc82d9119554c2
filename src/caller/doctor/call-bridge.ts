// Sends one request to the bridge as a caller, and reads a bounded part of the response.
import http from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import https from 'node:https';

export interface BridgeReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The first bytes of the body as text. */
  readonly text: string;
}

export type CallBridge = (
  path: string,
  headers?: Readonly<Record<string, string>>,
) => Promise<BridgeReply | { readonly error: string }>;

/** The deadline for a request. An instance of the bridge may have to start first, and then call STS and S3. */
const DEADLINE_MS = 20_000;
/**
 * The maximum number of body bytes to read. All responses of control routes are smaller, but a server that ignores the range
 * might send a whole object.
 */
const MOST_BYTES = 1_048_576;

/** @returns a function that does not follow redirects, and returns Node's error code if there is no response */
export function bridgeCaller({
  upstream,
  jwt,
}: {
  readonly upstream: string;
  readonly jwt: string;
}): CallBridge {
  const url = new URL(upstream);
  const client = url.protocol === 'https:' ? https : http;
  return (path, headers = {}) => {
    const { promise, resolve, reject } = Promise.withResolvers<BridgeReply>();
    client
      .request(
        {
          protocol: url.protocol,
          hostname: url.hostname.replace(/^\[|\]$/g, ''),
          port: url.port,
          path,
          headers: { ...headers, authorization: `Bearer ${jwt}` },
          agent: false,
          // This option is set explicitly, because NODE_TLS_REJECT_UNAUTHORIZED can change the default.
          rejectUnauthorized: true,
          signal: AbortSignal.timeout(DEADLINE_MS),
        },
        (response) => {
          readReply(response).then(resolve, reject);
        },
      )
      .on('error', reject)
      .end();
    return promise.catch((error: unknown) => ({ error: codeOf(error) }));
  };
}

async function readReply(response: IncomingMessage): Promise<BridgeReply> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= MOST_BYTES) break;
  }
  const { statusCode = 0, headers } = response;
  return { status: statusCode, headers, text: Buffer.concat(chunks).toString() };
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'AbortError') return 'no response in 20 s';
  return 'code' in error ? String(error.code) : error.name;
}
