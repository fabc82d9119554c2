// An HTTP proxy that sends requests for accounts.google.com and www.googleapis.com to the sandbox's Google. Because Ceph
// fetches Google's keys through this proxy, Ceph can verify the tokens that the bridge gets from the sandbox's metadata server.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { createAuthority } from './certificates.ts';
import type { PublicKey } from './certificates.ts';

export interface GoogleProxy {
  readonly origin: string;
  /** The URLs that Ceph fetched, in the form `host/path`. */
  readonly fetched: readonly string[];
  close(): void;
}

const KEY_SET = 'www.googleapis.com/oauth2/v3/certs';
const DISCOVERY = 'accounts.google.com/.well-known/openid-configuration';
const TUNNELLED = /^(accounts\.google\.com|www\.googleapis\.com):443$/;

/** @param certs URL of the key set that replaces Google's */
export async function startGoogleProxy(certs: string): Promise<GoogleProxy> {
  const authority = await createAuthority('accounts.google.com');
  const certificates = new Map<string, Promise<string>>();
  const fetched: string[] = [];

  const certificateOf = (key: PublicKey): Promise<string> => {
    const certificate = certificates.get(key.kid) ?? authority.certificateOf(key);
    certificates.set(key.kid, certificate);
    return certificate;
  };
  /**
   * Adds an x5c to each key, because Google's key set does not contain any. Ceph 16 reads a key only from the first entry of
   * its x5c.
   */
  const keySet = async (): Promise<unknown> => {
    const { keys } = (await (await fetch(certs)).json()) as { readonly keys: readonly PublicKey[] };
    return {
      keys: await Promise.all(keys.map(async (key) => ({ ...key, x5c: [await certificateOf(key)] }))),
    };
  };
  const documentAt = async (place: string): Promise<unknown> => {
    if (place === KEY_SET) return keySet();
    // Ceph reads only these fields of Google's discovery document.
    if (place === DISCOVERY) return { issuer: 'https://accounts.google.com', jwks_uri: `https://${KEY_SET}` };
    return undefined;
  };
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const place = `${request.headers.host ?? ''}${request.url ?? ''}`;
    fetched.push(place);
    const document = await documentAt(place);
    response.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(document));
  };
  const google = createTlsServer({ key: authority.pem, cert: authority.pem }, (request, response) => {
    respond(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  const proxy = createServer((_request, response) => response.writeHead(405).end());
  const tunnels = new Set<Socket>();
  proxy.on('connect', (request: IncomingMessage, socket: Socket) => {
    tunnels.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => tunnels.delete(socket));
    if (TUNNELLED.test(request.url ?? '')) {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      google.emit('connection', socket);
    } else socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    origin: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    fetched,
    close: () => {
      proxy.close();
      for (const tunnel of tunnels) tunnel.destroy();
    },
  };
}
