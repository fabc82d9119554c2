// Short requests to the servers that the bridge needs, and what to fix if one is out of reach: that depends on where the bridge runs.
import type { Platform } from '../config/types.ts';

/** For servers that respond at once: not worth a longer wait. */
const DEADLINE_MS = 3_000;

/** Follows no redirect: the answer is of whoever was asked. Reading the body counts to the time. */
export const fetchQuickly = (url: string): Promise<Response> =>
  fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(DEADLINE_MS) });

/** Node's fetch says what happened in the cause of its TypeError. */
export function fetchErrorCode(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error && 'code' in cause) return String(cause.code);
  return error instanceof Error ? error.name : typeof error;
}

/**
 * @param origin that was asked
 * @param error Node's code or our transport's, where there is one
 */
export function egressFix(origin: string, platform: Platform, error?: string | number | boolean): string {
  const host = URL.canParse(origin) ? new URL(origin).host : origin;
  if (error === 'ENOTFOUND')
    return `There is no host ${host}: check the region and the endpoint that are configured, then DNS.`;
  if (typeof error === 'string' && CERTIFICATE.test(error))
    return `What answers for ${host} shows another certificate: a proxy that opens TLS stands between, and must let this host pass.`;
  if (typeof error === 'string' && SILENCE.test(error))
    return `${host} takes the connection and does not answer: is a proxy or a firewall between? Else see the AWS health page of its region.`;
  return platform.kind === 'cloud-run'
    ? `This service does not reach ${host}: with VPC egress for all traffic its subnet needs Cloud NAT, and a firewall that lets TCP 443 out; with egress for private ranges only it needs neither. A new instance may wait a minute for either.`
    : `This machine does not reach ${host}: a VM without an external address needs Cloud NAT, as does a Cloud Run job with VPC egress for all traffic; firewalls must let TCP 443 out.`;
}

/** Node's codes for certificates that it does not believe (OpenSSL's X509_V_ERR_…, and ERR_TLS_…). */
const CERTIFICATE = /CERT|ERR_TLS|UNABLE_TO_/;

/** Our transport's codes for a server that is there. */
const SILENCE = /^(?:HEADERS|BODY)_TIMEOUT$/;
