// Runs the proxy in the test's process, in front of a bridge or of a server that stands in for the bridge.
import type { Fault } from '../../src/errors/fault.ts';
import { startProxy } from '../../src/caller/proxy/proxy-server.ts';
import type { ProxyOptions } from '../../src/caller/proxy/proxy-server.ts';
import { readIdentityToken } from '../../src/identity/identity-token.ts';
import type { IdentityToken } from '../../src/identity/identity-token.ts';
import { request } from '../support/http-request.ts';
import type { Reply, RequestOptions } from '../support/http-request.ts';

export const KEY = 'FEDBRIDGE0123456789';

export interface LocalProxy {
  readonly url: string;
  /** What the proxy reported about its token source and about the bridge; undefined for a success. */
  readonly tokens: readonly (Fault | undefined)[];
  readonly responses: readonly (Fault | undefined)[];
  /** Sends a request with the access key. */
  get(path: string, options?: RequestOptions): Promise<Reply>;
  close(): void;
}

/** @param options.upstream the origin of the bridge */
export async function startLocalProxy(
  options: Pick<ProxyOptions, 'upstream' | 'fetchToken'> & Partial<ProxyOptions>,
): Promise<LocalProxy> {
  const tokens: (Fault | undefined)[] = [];
  const responses: (Fault | undefined)[] = [];
  const proxy = await startProxy({
    accessKey: KEY,
    remote: false,
    listen: { host: '127.0.0.1', port: 0 },
    onToken: (fault) => tokens.push(fault),
    onResponse: (fault) => responses.push(fault),
    ...options,
  });
  const url = `http://127.0.0.1:${proxy.port}`;
  return {
    url,
    tokens,
    responses,
    get: (path, { headers = {}, ...rest } = {}) =>
      request(url, path, { ...rest, headers: { authorization: `Bearer ${KEY}`, ...headers } }),
    close: proxy.close,
  };
}

/** A token that only looks valid, for a server that does not verify it. @param left seconds until it expires */
export function unverifiedToken(name: string, left = 3600): IdentityToken {
  const claims = { sub: name, exp: Math.floor(Date.now() / 1000) + left };
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = readIdentityToken(`${part({ alg: 'none' })}.${part(claims)}.c2ln`);
  if (token === undefined) throw new Error('the token has the wrong format');
  return token;
}
