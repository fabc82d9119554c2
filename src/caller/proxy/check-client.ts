// Decides which requests the proxy accepts: those of programs that know the access key, but never those of web pages.
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { isLoopback } from '../../config/allowed-origins.ts';
import { Fault } from '../../errors/fault.ts';
import type { CallerRequest } from '../../runtime/caller-exchange.ts';
import { authorityOf, isFromOtherOrigin } from '../../runtime/request-origin.ts';

export interface AcceptedClients {
  /** The key that clients must present; undefined if clients need no key. */
  readonly accessKey: string | undefined;
  /** Whether other machines may send requests to the proxy. */
  readonly remote: boolean;
}

/**
 * @param presentsKey returns whether the request presents the key
 * @throws Fault proxy_…_rejected, proxy_target_not_path
 */
export function checkClient(
  request: CallerRequest,
  { accessKey, remote }: AcceptedClients,
  presentsKey: (request: CallerRequest, key: string) => boolean,
): void {
  const host = authorityOf(request)?.hostname ?? '';
  if (!isLoopback(host) && !(remote && isSafeFromRebinding(host))) throw new Fault('proxy_host_rejected');
  if (isFromOtherOrigin(request)) throw new Fault('proxy_origin_rejected');
  if (request.url?.startsWith('/') !== true) throw new Fault('proxy_target_not_path');
  if (accessKey !== undefined && !presentsKey(request, accessKey)) throw new Fault('proxy_key_rejected');
}

/**
 * Whether the host name is safe from DNS rebinding, that is, an attacker cannot make the name resolve to this machine. IP
 * addresses, this machine's own name, and names without a dot, such as a container's, are safe.
 */
function isSafeFromRebinding(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  return isIP(bare) !== 0 || /^[\w-]+$/.test(bare) || bare === hostname().toLowerCase();
}
