// Where a bucket is: the origin to connect to, the Host to name, and what the path begins with.
import { AWS_DOMAINS, awsDomain } from '../config/aws-names.ts';
import type { Bucket } from '../config/types.ts';

export interface Endpoint {
  /** Scheme, host and port: what to connect to, only from the configuration. */
  readonly origin: string;
  readonly host: string;
  /** '' in virtual-hosted style, `/bucket` in path style; the key's '/' follows. */
  readonly basePath: string;
  readonly region: string;
}

/** Fits a host-name label, so that a region which S3 sends can never name another host. */
const REGION = /^[a-z0-9]+(-[a-z0-9]+)+$/;

export function isRegion(region: string): boolean {
  return region.length <= 32 && REGION.test(region);
}

/**
 * Virtual-hosted for AWS. Path style if dots in the bucket's name would not match the certificate's wildcard, and for other
 * endpoints, which seldom have a host name for each bucket (S3 user guide, "Virtual hosting of general purpose buckets").
 */
export function endpointOf(bucket: Bucket, region: string): Endpoint {
  const { target, endpoint } = bucket;
  // Plain HTTP is for loopback only, so nothing may be put in front of its host name.
  if (target.startsWith('arn:') && endpoint?.startsWith('http:') !== true)
    return accessPoint(target, endpoint);
  if (endpoint !== undefined) {
    // An origin as the URL parser writes it (`readOrigin`). Measured: parsing it again costs 1 % of a read of 1 KiB.
    return { origin: endpoint, host: hostOf(endpoint), basePath: `/${target}`, region };
  }
  const suffix = `s3.${region}.${awsDomain(region)}`;
  if (target.includes('.'))
    return { origin: `https://${suffix}`, host: suffix, basePath: `/${target}`, region };
  const host = `${target}.${suffix}`;
  return { origin: `https://${host}`, host, basePath: '', region };
}

const DOMAIN = AWS_DOMAINS.map((domain) => RegExp.escape(domain)).join('|');

/**
 * A bucket's or an access point's, regional or global, dual-stack, FIPS, accelerated, or PrivateLink. Not a name under which
 * AWS customers serve, such as a load balancer's.
 */
const AWS_HOST = new RegExp(
  String.raw`^(?:[a-z0-9.-]+\.)?s3(?:-[a-z0-9]+)*(?:\.dualstack)?(?:\.[a-z0-9-]+)?(?:\.vpce)?\.(?:${DOMAIN})$`,
);

/** Whether AWS itself responds at an origin, which its certificate proves. */
export function isAwsOrigin(origin: string): boolean {
  const { protocol, hostname } = new URL(origin);
  return protocol === 'https:' && AWS_HOST.test(hostname);
}

const hostOf = (origin: string): string => origin.slice(origin.indexOf('//') + 2);

/**
 * `arn:PARTITION:s3:REGION:ACCOUNT:accesspoint/NAME` (S3 user guide, "Accessing a bucket through an access point"). With an
 * endpoint, as PrivateLink's `https://accesspoint.vpce-ID.s3.REGION.vpce.amazonaws.com`, the host is the one that the AWS SDK
 * builds.
 */
function accessPoint(arn: string, endpoint: string | undefined): Endpoint {
  const [, , , region = '', account = '', resource = ''] = arn.split(':');
  const domain = endpoint === undefined ? `s3-accesspoint.${region}.${awsDomain(region)}` : hostOf(endpoint);
  const host = `${resource.replace('accesspoint/', '')}-${account}.${domain}`;
  return { origin: `https://${host}`, host, basePath: '', region };
}
