// Computes a bucket's endpoint: the origin to connect to, the Host header, and the beginning of the path.
import { AWS_DOMAINS, awsDomain } from '../config/aws-names.ts';
import type { Bucket } from '../config/types.ts';

export interface Endpoint {
  /** The scheme, host and port to connect to. All three come only from the configuration. */
  readonly origin: string;
  /** The host name for which the request is signed. */
  readonly host: string;
  /** The Host header, if it differs from `host` because a CDN replaces it. */
  readonly sentHost?: string;
  /** The path before the key and its '/': '' in virtual-hosted style, `/bucket` in path style. */
  readonly basePath: string;
  readonly region: string;
}

/** Allows only host-name labels, so that a region sent by S3 can never point to a different host. */
const REGION = /^[a-z0-9]+(-[a-z0-9]+)+$/;

export function isRegion(region: string): boolean {
  return region.length <= 32 && REGION.test(region);
}

/**
 * Uses virtual-hosted style for AWS. Uses path style for bucket names with dots, because the certificate's wildcard does not
 * match them. Also uses path style for other endpoints, which seldom have a host name per bucket (S3 user guide, "Virtual hosting
 * of general purpose buckets").
 */
export function endpointOf(bucket: Bucket, region: string): Endpoint {
  const { target, endpoint } = bucket;
  // An endpoint with plain HTTP is always on loopback, where a host name with a prefix would not resolve.
  if (target.startsWith('arn:') && endpoint?.startsWith('http:') !== true)
    return accessPoint(target, endpoint);
  if (endpoint !== undefined) {
    // `readOrigin` has already normalized the endpoint, so it is not parsed again. Measured: parsing it again takes 1 % of the
    // CPU time for a 1 KiB read.
    return { origin: endpoint, host: hostOf(endpoint), basePath: `/${target}`, region };
  }
  if (target.includes('.')) {
    const host = `s3.${region}.${awsDomain(region)}`;
    return { origin: `https://${host}`, host, basePath: `/${target}`, region };
  }
  const host = virtualHost(target, region);
  return { origin: `https://${host}`, host, basePath: '', region };
}

/**
 * Returns the endpoint of a CloudFront distribution in front of a bucket. CloudFront sends the request to S3 with the host name
 * of its origin, the bucket's regional domain, so the request must be signed for that host name.
 * @param via the distribution's origin
 */
export function endpointThrough(via: string, { target }: Bucket, region: string): Endpoint {
  return { origin: via, host: virtualHost(target, region), sentHost: hostOf(via), basePath: '', region };
}

/** @param target a bucket name without dots */
const virtualHost = (target: string, region: string): string => `${target}.s3.${region}.${awsDomain(region)}`;

const DOMAIN = AWS_DOMAINS.map((domain) => RegExp.escape(domain)).join('|');

/**
 * Matches the hosts of buckets and access points: regional, global, dual-stack, FIPS, accelerated, and PrivateLink. Does not
 * match host names that AWS customers control, such as those of load balancers.
 */
const AWS_HOST = new RegExp(
  String.raw`^(?:[a-z0-9.-]+\.)?s3(?:-[a-z0-9]+)*(?:\.dualstack)?(?:\.[a-z0-9-]+)?(?:\.vpce)?\.(?:${DOMAIN})$`,
);

/** Whether an origin belongs to AWS. The origin must use HTTPS, because only a certificate proves the host name. */
export function isAwsOrigin(origin: string): boolean {
  const { protocol, hostname } = new URL(origin);
  return protocol === 'https:' && AWS_HOST.test(hostname);
}

const hostOf = (origin: string): string => origin.slice(origin.indexOf('//') + 2);

/**
 * Returns the endpoint of an access point, `arn:PARTITION:s3:REGION:ACCOUNT:accesspoint/NAME` (S3 user guide, "Accessing a bucket
 * through an access point"). If the bucket has an endpoint, such as PrivateLink's
 * `https://accesspoint.vpce-ID.s3.REGION.vpce.amazonaws.com`, the host name is built as in the AWS SDK.
 */
function accessPoint(arn: string, endpoint: string | undefined): Endpoint {
  const [, , , region = '', account = '', resource = ''] = arn.split(':');
  const domain = endpoint === undefined ? `s3-accesspoint.${region}.${awsDomain(region)}` : hostOf(endpoint);
  const host = `${resource.replace('accesspoint/', '')}-${account}.${domain}`;
  return { origin: `https://${host}`, host, basePath: '', region };
}
