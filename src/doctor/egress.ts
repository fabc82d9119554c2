// Sends short requests to the servers that the bridge needs. If a server is unreachable, the fix depends on where the bridge
// runs.
import type { Platform } from '../config/types.ts';

/** The deadline for a request. It is short, because these servers normally respond at once. */
const DEADLINE_MS = 3_000;

/**
 * Fetches a URL without following redirects, so that the response always comes from the requested server. The deadline includes
 * reading the body.
 */
export const fetchQuickly = (url: string): Promise<Response> =>
  fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(DEADLINE_MS) });

/** Returns the code of an error of Node's fetch, which throws a TypeError and puts the code into its cause. */
export function fetchErrorCode(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error && 'code' in cause) return String(cause.code);
  return error instanceof Error ? error.name : typeof error;
}

/**
 * Returns the fix for a server that did not respond.
 * @param origin the origin to which the request was sent
 * @param error the code from Node or from the bridge's transport, if there is one
 */
export function egressFix(origin: string, platform: Platform, error?: string | number | boolean): string {
  const host = URL.canParse(origin) ? new URL(origin).host : origin;
  if (error === 'ENOTFOUND')
    return `DNS has no address for ${host}: check the configured region and endpoint, then the DNS setup.`;
  if (typeof error === 'string' && CERTIFICATE.test(error))
    return `The certificate presented for ${host} is not trusted, probably because a proxy intercepts TLS. Exempt this host from interception.`;
  if (typeof error === 'string' && SILENCE.test(error))
    return `${host} accepts the connection but does not respond: check for a proxy or firewall in between. If there is none, check the AWS Health Dashboard for the region.`;
  return platform.kind === 'cloud-run'
    ? `This service cannot reach ${host}. With VPC egress for all traffic, its subnet needs Cloud NAT and a firewall that allows outbound TCP 443. With VPC egress for private ranges only, the subnet needs neither. On a new instance, VPC egress can take a minute to start working.`
    : `This machine cannot reach ${host}. A VM without an external address needs Cloud NAT, and so does a Cloud Run job with VPC egress for all traffic. Firewalls must allow outbound TCP 443.`;
}

/** Matches Node's codes for untrusted certificates (OpenSSL's X509_V_ERR_…, and ERR_TLS_…). */
const CERTIFICATE = /CERT|ERR_TLS|UNABLE_TO_/;

/** Matches the codes of the bridge's transport for a server that accepts the connection but does not respond. */
const SILENCE = /^(?:HEADERS|BODY)_TIMEOUT$/;
