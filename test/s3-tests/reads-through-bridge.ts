// A server that sends one account's reads through the bridge, and every other request unchanged to the store.
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';

export interface ReadsThroughBridge {
  readonly origin: string;
  close(): void;
}

interface Route {
  readonly bridge: string;
  readonly store: string;
  /** The account whose signed GET and HEAD requests go through the bridge. */
  readonly accessKeyId: string;
  /** Resolves with a Google ID token for the bridge. */
  token(): Promise<string>;
}

export async function startReadsThroughBridge(route: Route): Promise<ReadsThroughBridge> {
  const server = createServer((incoming, response) => {
    const refuse = (): void => void response.destroy();
    void destinationOf(incoming, route).then(({ origin, headers }) => {
      const sent = request(
        origin,
        { method: incoming.method, path: incoming.url, headers, agent: false },
        (reply) => {
          response.writeHead(reply.statusCode ?? 502, reply.rawHeaders);
          pipeline(reply, response, () => undefined);
        },
      );
      sent.once('error', refuse);
      incoming.pipe(sent);
    }, refuse);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/**
 * Requests to the store keep their `host` header, because the store verifies the caller's signature. Requests to the bridge have
 * a token instead of the signature.
 */
async function destinationOf(
  { method, headers }: IncomingMessage,
  { bridge, store, accessKeyId, token }: Route,
): Promise<{ origin: string; headers: OutgoingHttpHeaders }> {
  const isRead = method === 'GET' || method === 'HEAD';
  if (!isRead || !(headers.authorization ?? '').includes(`Credential=${accessKeyId}/`))
    return { origin: store, headers };
  const signature = /^(?:authorization|host|x-amz-date|x-amz-content-sha256)$/;
  const kept = Object.entries(headers).filter(([name]) => !signature.test(name));
  return {
    origin: bridge,
    headers: { ...Object.fromEntries(kept), authorization: `Bearer ${await token()}` },
  };
}
