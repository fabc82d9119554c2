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
      'This proxy accepts only requests that are addressed to this machine. Use 127.0.0.1, localhost or [::1], or an address on which the proxy listens.',
      "Use 127.0.0.1, localhost or [::1] as the proxy's host. With --allow-remote, you can also use its IP address, its host name, or a name without a dot.",
    ),
    status: 421,
  },
  proxy_origin_rejected: {
    status: 403,
    s3Code: 'AccessDenied',
    outcome: 'invalid_request',
    sentence: 'This proxy rejects requests sent by web pages from another origin.',
    fix: 'Open the address in a new tab, or send the request from a program, without the headers Origin and Sec-Fetch-Site.',
  },
  proxy_key_rejected: unauthenticated(
    "The proxy's access key is missing or wrong. Use the proxy's access key as the AWS access key ID, or send it as `Authorization: Bearer KEY`.",
    'Use the access key that the proxy printed when it last started, or the key in the file given with --access-key-file. Without such a file, the proxy creates a new key each time it starts.',
    { status: 403, s3Code: 'InvalidAccessKeyId' },
  ),
  proxy_route_rejected: {
    status: 403,
    s3Code: 'AccessDenied',
    outcome: 'invalid_request',
    sentence:
      'This proxy does not forward this route. It forwards only reads, /-/live, /-/ready, /-/whoami, /-/explain, /-/object and /-/objects.',
    fix: 'Use the proxy only for reads, /-/whoami and /-/explain. Send all other requests directly to the bridge.',
  },
  proxy_target_not_path: invalid('InvalidURI', "The request target must be a path that begins with '/'."),

  proxy_token_unavailable: failed(
    'BadGateway',
    'The proxy could not get an identity token.',
    "Follow the message in the proxy's terminal. For each new request, the proxy tries again to get a token.",
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
