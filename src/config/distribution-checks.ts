// Checks the buckets that are read through a CloudFront distribution (`via`). Works on raw values, like cross-checks.ts.
import { isLoopback, readOrigin } from './allowed-origins.ts';
import type { Finding } from './problem.ts';
import { entriesOf, fieldOf } from './unchecked-values.ts';

/** Finds every problem with `via` that involves more than one field. */
export function checkDistributions(raw: unknown, s3Endpoint: string | undefined): Finding[] {
  return entriesOf(fieldOf(raw, 'buckets')).flatMap(([name, bucket]) =>
    fieldOf(bucket, 'via') === undefined
      ? []
      : [
          ...checkTarget(name, bucket),
          ...checkRegion(name, bucket),
          ...checkEndpoint(name, bucket, s3Endpoint),
        ],
  );
}

/**
 * CloudFront sends its origin's host name to S3, so the signature must be for that host name. The origin must therefore be the
 * bucket's regional domain. This domain contains the region, and its certificate does not cover bucket names with dots.
 */
function checkTarget(name: string, bucket: unknown): Finding[] {
  const target = fieldOf(bucket, 'target') ?? name;
  if (typeof target !== 'string') return [];
  const path = ['buckets', name, 'via'];
  if (target.startsWith('arn:')) {
    return [
      {
        path,
        rule: 'must not be set for an access point, because an access point has a different domain than its bucket',
        fix: "Set `target` to the bucket's name, or remove `via`.",
      },
    ];
  }
  if (!target.includes('.')) return [];
  return [
    {
      path,
      rule: "must not be set for a bucket name with dots, because S3's certificate does not cover bucket names with dots",
      fix: 'Remove `via`, or copy the objects to a bucket without dots in its name.',
    },
  ];
}

function checkRegion(name: string, bucket: unknown): Finding[] {
  const target = fieldOf(bucket, 'target');
  if (fieldOf(bucket, 'region') !== undefined || (typeof target === 'string' && target.startsWith('arn:')))
    return [];
  return [
    {
      path: ['buckets', name, 'region'],
      rule: 'is missing; it is required with `via`, because the origin of the distribution is a regional domain',
      fix: "Add the bucket's region.",
    },
  ];
}

/**
 * Reports an endpoint that conflicts with `via`. AWS_ENDPOINT_URL_S3 may name an S3 server on this machine, which stands in for
 * AWS, as in the sandbox. No distribution can reach a different S3 server.
 */
function checkEndpoint(name: string, bucket: unknown, s3Endpoint: string | undefined): Finding[] {
  const path = ['buckets', name, 'via'];
  if (fieldOf(bucket, 'endpoint') !== undefined) {
    return [
      {
        path,
        rule: 'must not be set together with `endpoint`, because both fields define how the bridge reaches the bucket',
        fix: 'Remove one of the two fields.',
      },
    ];
  }
  const origin = s3Endpoint === undefined ? undefined : readOrigin(s3Endpoint);
  if (origin === undefined || isLoopback(new URL(origin).hostname)) return [];
  return [
    {
      path,
      rule: "must not be set together with AWS_ENDPOINT_URL_S3, because a distribution can reach only AWS's own S3",
      fix: 'Unset AWS_ENDPOINT_URL_S3, or remove `via`.',
    },
  ];
}
