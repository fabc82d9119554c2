// Condition keys in a trust policy for Google's tokens: keys that AWS sets for these tokens, and keys that it never sets.
import { GOOGLE } from '../trust-policy.ts';
import { findClaim } from './claim-keys.ts';
import type { Claim } from './claim-keys.ts';

/** The keys that identify a Google token. */
export type IdentityKey = 'aud' | 'oaud' | 'sub';

type ConditionKey =
  | { readonly kind: 'identity'; readonly name: IdentityKey }
  /** The key of a claim that many tokens lack. */
  | { readonly kind: 'claim'; readonly claim: Claim }
  /** A key that no request has. `meant` is the key that the policy's author probably intended. */
  | {
      readonly kind: 'absent';
      readonly because: string;
      readonly fix: string;
      readonly meant?: IdentityKey;
    }
  /** A key that describes where a request to STS comes from. `how` completes a phrase that begins with "calls STS". */
  | { readonly kind: 'outside'; readonly how: string; readonly fix: string }
  | { readonly kind: 'session name' }
  | { readonly kind: 'other' };

const GOOGLE_CONDITION_KEYS = `The valid keys are ${GOOGLE}:aud (the token's azp), :oaud (its aud), :sub, :email, :amr and :google/organization_number.`;

const isIdentityKey = (name: string): name is IdentityKey => ['aud', 'oaud', 'sub'].includes(name);

/**
 * Matches a key of Google's tokens, even if the host name is misspelled in a common way: with a scheme, with `www.`, or with a
 * slash after it.
 */
const GOOGLE_KEY = /^(https?:\/\/)?(www\.)?accounts\.google\.com(\/)?:(.*)$/is;

export const isGoogleKey = (key: string): boolean => GOOGLE_KEY.test(key);

interface Row {
  readonly pattern: RegExp;
  readonly because: string;
  readonly fix: string;
}

/**
 * Condition keys that an AssumeRoleWithWebIdentity request lacks. The request is unsigned, so AWS has not identified a
 * principal yet ("AWS global condition context keys", availability).
 */
const ABSENT: readonly Row[] = [
  {
    pattern: /^sts:ExternalId$/i,
    because: 'AssumeRoleWithWebIdentity does not accept an external ID',
    fix: `Remove this key: ${GOOGLE}:oaud serves the same purpose for Google's tokens. External IDs are for chained roles (sts:AssumeRole).`,
  },
  {
    pattern: /^aws:MultiFactorAuth(?:Present|Age)$/i,
    because: 'MFA does not apply to web identities',
    fix: 'Remove this key: a workload cannot enter an MFA code.',
  },
  {
    pattern:
      /^aws:(?:Principal\w+(?:\/.*)?|userid|username|SourceIdentity|TokenIssueTime|FederatedProvider)$/i,
    because: 'the request is not signed and does not come from an AWS principal',
    fix: `Remove this key: ${GOOGLE}:aud, :oaud and :sub define who may assume the role.`,
  },
  {
    pattern: /^(?:aws:RequestTag\/.*|aws:TagKeys|sts:TransitiveTagKeys|sts:SourceIdentity)$/i,
    because: "Google's tokens carry no session tags and no source identity for AWS",
    fix: 'Remove this key: it is only for chained roles (sts:AssumeRole).',
  },
  {
    pattern: /^(?:sts:DurationSeconds|sts:AWSServiceName)$/i,
    because: "AWS sets this key only for AWS services' own bearer tokens",
    fix: "Remove this key. To limit sessions, set the role's maximum session duration.",
  },
  {
    pattern: /^(?!aws:|sts:|iam:).*:/i,
    because: "AWS does not set this key for Google's tokens",
    fix: GOOGLE_CONDITION_KEYS,
  },
];

const OUTSIDE: readonly (Pick<Row, 'pattern' | 'fix'> & { readonly how: string })[] = [
  {
    pattern: /^aws:(?:SourceIp)$/i,
    how: 'from these addresses',
    fix: 'Make sure that the bridge has a static address. On Google Cloud, this requires VPC egress for all traffic, and Cloud NAT.',
  },
  {
    pattern: /^aws:(?:SourceVpc|SourceVpce|SourceVpcArn|VpcSourceIp)$/i,
    how: 'through a VPC endpoint',
    fix: 'Remove this key unless the bridge uses such an endpoint: requests over the internet do not have this key.',
  },
];

export function readConditionKey(key: string): ConditionKey {
  const [, scheme, www, slash, claim] = GOOGLE_KEY.exec(key) ?? [];
  if (claim !== undefined) {
    const exact = (scheme ?? www ?? slash) === undefined;
    return readGoogleKey(claim.toLowerCase(), exact);
  }
  const absent = ABSENT.find(({ pattern }) => pattern.test(key));
  if (absent !== undefined) return { kind: 'absent', ...absent };
  if (/^sts:RoleSessionName$/i.test(key)) return { kind: 'session name' };
  const outside = OUTSIDE.find(({ pattern }) => pattern.test(key));
  return outside === undefined ? { kind: 'other' } : { kind: 'outside', ...outside };
}

function readGoogleKey(name: string, exact: boolean): ConditionKey {
  const identity = isIdentityKey(name) ? name : undefined;
  const claim = findClaim(name);
  if (!exact && (identity ?? claim) !== undefined) {
    return {
      kind: 'absent',
      because: "AWS writes the provider's name without a scheme or slash",
      fix: `Write ${GOOGLE}:${name}.`,
      ...(identity === undefined ? {} : { meant: identity }),
    };
  }
  if (identity !== undefined) return { kind: 'identity', name: identity };
  if (claim !== undefined) return { kind: 'claim', claim };
  if (name === 'azp') {
    return {
      kind: 'absent',
      because: 'AWS has no key with this name',
      fix: `Write ${GOOGLE}:aud, which AWS compares with the token's azp.`,
      meant: 'aud',
    };
  }
  return { kind: 'absent', because: 'AWS has no key with this name', fix: GOOGLE_CONDITION_KEYS };
}
