// The schema for a role and its chained roles.
import * as z from 'zod';
import { EXTERNAL_ID, ROLE_ARN, TAG_KEY, TAG_VALUE } from './aws-names.ts';
import { fields, quantity, text, word, yesOrNo } from './schema-parts.ts';
import { DURATION } from './units.ts';

const roleArn = text(ROLE_ARN);

const hop = fields({
  arn: roleArn.meta({
    description: "The role to assume with the previous role's credentials.",
    example: 'arn:aws:iam::210987654321:role/lake-data',
  }),
  externalId: text(EXTERNAL_ID).exactOptional().meta({
    description: "The external ID that this role's trust policy requires.",
    example: '7f3c',
  }),
  tags: z
    .record(z.string(), text(TAG_VALUE))
    .prefault({})
    .meta({
      description: 'Session tags with fixed values: at most 50, including the tags that `callerTags` adds.',
      example: { team: 'data' },
    }),
  callerTags: yesOrNo().prefault(false).meta({
    description:
      'Whether to add the session tags `caller-email` and `caller-id`, which identify the caller of the bridge.',
    example: true,
  }),
  transitiveTags: z
    .array(text(TAG_KEY))
    .prefault([])
    .meta({
      description:
        'Keys of tags that AWS passes on to all later roles in the chain. Later roles cannot set these tags again.',
      example: ['team'],
    }),
  sourceIdentity: word('caller').exactOptional().meta({
    description:
      'Sets the source identity, which identifies the caller in CloudTrail and cannot change in the rest of the chain. Default: none.',
    example: 'caller',
  }),
});

export const role = fields({
  arn: roleArn.meta({
    description: 'The AWS role that the bridge assumes with its Google identity.',
    example: 'arn:aws:iam::123456789012:role/gcp-lake-read',
  }),
  // The minimum and the maximum are STS's limits. The role's MaxSessionDuration may be lower, but only STS can check that
  // limit.
  duration: quantity(900, 43_200, DURATION).prefault('1h').meta({
    description:
      "How long this role's credentials are valid: 15m to 12h, or 15m to 1h if `then` is set. AWS also limits this duration to the role's maximum session duration.",
    example: '30m',
  }),
  session: word('caller', 'bridge').prefault('caller').meta({
    description:
      "Which account the session name in CloudTrail identifies: `caller` for the caller, `bridge` for the bridge's service account.",
    example: 'bridge',
  }),
  then: z
    .array(hop)
    .prefault([])
    .meta({
      description:
        'Roles to assume one after another, each with the credentials of the role before it (role chaining). The last role reads the buckets. Sessions of chained roles last at most one hour.',
      example: [{ arn: 'arn:aws:iam::210987654321:role/lake-data', externalId: '7f3c' }],
    }),
});
