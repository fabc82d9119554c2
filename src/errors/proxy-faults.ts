// Rows of the fault table for `fedbridge proxy`, which runs on a caller's machine. The bridge itself never sends these faults.
import { invalid, unauthenticated } from './fault-row.ts';
import type { FaultRow } from './fault-row.ts';

const failed = (s3Code: string, sentence: string, fix: string): FaultRow => ({
  status: 502,
  s3Code,
  outcome: 'upstream_failed',
  sentence,
  fix,
  retryAfterSeconds: 1,
});

export const PROXY_FAULTS = {
  proxy_host_rejected: {
    ...invalid(
      'InvalidRequest',
      'This proxy accepts only requests that are addressed to this machine: use 127.0.0.1, localhost or [::1], or an address on which the proxy listens.',
      'Address the proxy by 127.0.0.1, localhost or [::1]. With --allow-remote, its IP address, its host name and names without a dot also work.',
    ),
    status: 421,
  },
  proxy_origin_rejected: {
    status: 403,
    s3Code: 'AccessDenied',
    outcome: 'invalid_request',
    sentence: 'This proxy rejects requests from web pages of another origin.',
    fix: 'Open the address in a new tab, or send the request from a program, without the headers Origin and Sec-Fetch-Site.',
  },
  proxy_key_rejected: unauthenticated(
    "The proxy's access key is missing or wrong. Use the proxy's access key as the AWS access key ID, or send it as `Authorization: Bearer KEY`.",
    'Use the access key that the proxy printed at its latest start, or that is in the file of --access-key-file. Without this file, each start creates a new key.',
    { status: 403, s3Code: 'InvalidAccessKeyId' },
  ),
  proxy_route_rejected: {
    status: 403,
    s3Code: 'AccessDenied',
    outcome: 'invalid_request',
    sentence: 'This proxy does not forward this route, so that no credentials leave it.',
    fix: 'Use the proxy for reads, /-/whoami and /-/explain. Request credentials from the bridge directly.',
  },
  proxy_target_not_path: invalid('InvalidURI', "The request target must be a path that begins with '/'."),

  proxy_token_unavailable: failed(
    'BadGateway',
    'The proxy could not get an identity token.',
    "Follow the message on the proxy's terminal. The proxy requests a token again for each request.",
  ),
  proxy_upstream_unreachable: failed(
    'BadGateway',
    'The proxy could not reach the bridge. Try again shortly.',
    'Check --upstream, the network, and whether the bridge is running.',
  ),
  proxy_upstream_timeout: {
    ...failed(
      'GatewayTimeout',
      'The bridge did not respond to the proxy in time. Try again shortly.',
      'Check the network, and whether the bridge is running.',
    ),
    status: 504,
  },
  proxy_upstream_invalid_response: failed(
    'BadGateway',
    'The server at --upstream did not send a valid HTTP response.',
    'Check --upstream: it must be the address of a bridge.',
  ),
  proxy_upstream_redirected: failed(
    'BadGateway',
    'The server at --upstream sent a redirect, which the proxy does not follow.',
    'Check --upstream: a bridge never redirects, but a sign-in page or a load balancer that redirects http to https does.',
  ),
} as const satisfies Record<string, FaultRow>;
