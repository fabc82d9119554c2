// The schema of a bucket's settings in the configuration.
import * as z from 'zod';
import { ORIGIN_MUST, readOrigin } from './allowed-origins.ts';
import * as aws from './aws-names.ts';
import { fields, text, textForm, yesOrNo } from './schema-parts.ts';

/** The name of a role. The name appears in logs and as a metric label. */
const name = text({
  must: 'must be a name of 1 to 64 letters, digits, dots, hyphens and underscores',
  test: (value) => /^[\w.-]{1,64}$/.test(value),
  pattern: '^[\\w.-]{1,64}$',
});

const origin = textForm(ORIGIN_MUST, readOrigin, undefined, { pattern: '^https?://[^/]+/?$' });

const target = textForm(
  aws.BUCKET_TARGET.must,
  (value) => (aws.BUCKET_TARGET.test(value) ? value : undefined),
  aws.targetFix,
  { pattern: aws.BUCKET_TARGET_FORM },
);

export const bucket = fields({
  role: name.meta({ description: 'The role under `roles` that reads this bucket.', example: 'lake' }),
  target: target.exactOptional().meta({
    description:
      "The name of a general purpose bucket in S3, or the ARN of an access point in one region. Aliases are not accepted. Default: this entry's name.",
    example: 'arn:aws:s3:us-east-2:123456789012:accesspoint/lake-readers',
  }),
  region: text(aws.AWS_REGION).exactOptional().meta({
    description:
      "The bucket's region. Default: the region in `target` if that is an ARN; otherwise `aws.region` or, if S3 reports that the bucket is in another region, that region.",
    example: 'us-east-2',
  }),
  endpoint: origin.exactOptional().meta({
    description:
      "A custom S3 endpoint for this bucket, in the form `https://HOST[:PORT]`: for example, an AWS PrivateLink endpoint or an S3-compatible server. Plain http is accepted only for a loopback host. Default: `AWS_ENDPOINT_URL_S3`, otherwise the region's endpoint.",
    example: 'https://bucket.vpce-1a2b3c4d.s3.us-east-2.vpce.amazonaws.com',
  }),
  via: origin.exactOptional().meta({
    description:
      "A CloudFront distribution through which the bridge reads the content of objects, in the form `https://HOST[:PORT]`. The distribution's origin must be the bucket's regional domain, and the distribution must cache nothing. Lists and other requests still go directly to S3. Requires `region`; not accepted together with `endpoint`, for an access point, or for a bucket name with dots. Default: objects are read directly from S3.",
    example: 'https://d111111abcdef8.cloudfront.net',
  }),
  requesterPays: yesOrNo().prefault(false).meta({
    description: "Whether the role's account pays for requests and data transfer (`x-amz-request-payer`).",
    example: true,
  }),
  expectedOwner: text(aws.ACCOUNT_ID).exactOptional().meta({
    description:
      'The AWS account that must own the bucket. S3 rejects requests if a different account owns it. Default: not checked.',
    example: '123456789012',
  }),
  kmsKeys: z
    .array(text(aws.KMS_KEY_ARN))
    .prefault([])
    .meta({
      description:
        'ARNs of the KMS keys that encrypt objects in this bucket. Session policies and read policies then allow `kms:Decrypt` with these keys. Key aliases are not accepted.',
      example: ['arn:aws:kms:us-east-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab'],
    }),
  verifyChecksums: yesOrNo().prefault(false).meta({
    description:
      'Whether to verify each complete object against the checksum that S3 stores for it. On a mismatch, the bridge closes the connection before the end of the body.',
    example: true,
  }),
  cache: yesOrNo().prefault(true).meta({
    description: "Whether this bucket's objects may be kept in the cache, if `cache` is configured.",
    example: false,
  }),
});
