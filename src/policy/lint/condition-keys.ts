// Condition keys in the trust of Google's tokens: those that AWS has for them, and those that such a request never has.
import { GOOGLE } from '../trust-policy.ts';
import { findClaim } from './claim-keys.ts';
import type { Claim } from './claim-keys.ts';

/** What a token of Google is told apart by. */
export type IdentityKey = 'aud' | 'oaud' | 'sub';

type ConditionKey =
  | { readonly kind: 'identity'; readonly name: IdentityKey }
  /** Of a claim that many tokens lack. */
  | { readonly kind: 'claim'; readonly claim: Claim }
  /** No request has it. `meant`: what somebody who writes it wants to pin. */
  | {
      readonly kind: 'absent';
      readonly because: string;
      readonly fix: string;
      readonly meant?: IdentityKey;
    }
  | { readonly kind: 'outside'; readonly because: string; readonly fix: string }
  | { readonly kind: 'other' };

const GOOGLE_CONDITION_KEYS = `The keys are ${GOOGLE}:aud (the token's azp), :oaud (its aud), :sub, :email, :amr and :google/organization_number.`;

const isIdentityKey = (name: string): name is IdentityKey => ['aud', 'oaud', 'sub'].includes(name);

/** As people write it: with a scheme, or with the slash that issuers end with. */
const GOOGLE_KEY = /^(https?:\/\/)?(www\.)?accounts\.google\.com(\/)?:(.*)$/is;

export const isGoogleKey = (key: string): boolean => GOOGLE_KEY.test(key);

interface Row {
  readonly pattern: RegExp;
  readonly because: string;
  readonly fix: string;
}

/** AssumeRoleWithWebIdentity is not signed, so AWS knows no principal yet ("AWS global condition context keys", availability). */
const ABSENT: readonly Row[] = [
  {
    pattern: /^sts:ExternalId$/i,
    because: 'AssumeRoleWithWebIdentity takes no external ID',
    fix: `Remove it: ${GOOGLE}:oaud does its work here. External IDs are for further hops (sts:AssumeRole).`,
  },
  {
    pattern: /^aws:MultiFactorAuth(?:Present|Age)$/i,
    because: 'a web identity has no MFA',
    fix: 'Remove it: a workload cannot enter a code.',
  },
  {
    pattern:
      /^aws:(?:Principal\w+(?:\/.*)?|userid|username|SourceIdentity|TokenIssueTime|FederatedProvider)$/i,
    because: 'the request is not signed, and comes from no AWS principal',
    fix: `Remove it: ${GOOGLE}:aud, :oaud and :sub say who may.`,
  },
  {
    pattern: /^(?:aws:RequestTag\/.*|aws:TagKeys|sts:TransitiveTagKeys|sts:SourceIdentity)$/i,
    because: "Google's tokens carry no session tags and no source identity for AWS",
    fix: 'Remove it: they are for further hops (sts:AssumeRole).',
  },
  {
    pattern: /^(?:sts:DurationSeconds|sts:AWSServiceName)$/i,
    because: 'AWS has it for bearer tokens of its services alone',
    fix: "Remove it: the role's maximum session duration bounds sessions.",
  },
  {
    pattern: /^(?!aws:|sts:|iam:).*:/i,
    because: "it is not of Google's tokens",
    fix: GOOGLE_CONDITION_KEYS,
  },
];

const OUTSIDE: readonly Row[] = [
  {
    pattern: /^aws:(?:SourceIp)$/i,
    because: 'holds only where the bridge calls STS from these addresses',
    fix: 'On Google Cloud that takes a static one: VPC egress for all traffic, and Cloud NAT.',
  },
  {
    pattern: /^aws:(?:SourceVpc|SourceVpce|SourceVpcArn|VpcSourceIp)$/i,
    because: 'holds only where the bridge calls STS through a VPC endpoint',
    fix: 'Requests over the internet have no such key.',
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
  const outside = OUTSIDE.find(({ pattern }) => pattern.test(key));
  return outside === undefined ? { kind: 'other' } : { kind: 'outside', ...outside };
}

function readGoogleKey(name: string, exact: boolean): ConditionKey {
  const identity = isIdentityKey(name) ? name : undefined;
  const claim = findClaim(name);
  if (!exact && (identity ?? claim) !== undefined) {
    return {
      kind: 'absent',
      because: 'AWS writes the provider without a scheme and a slash',
      fix: `Write ${GOOGLE}:${name}.`,
      ...(identity === undefined ? {} : { meant: identity }),
    };
  }
  if (identity !== undefined) return { kind: 'identity', name: identity };
  if (claim !== undefined) return { kind: 'claim', claim };
  if (name === 'azp') {
    return {
      kind: 'absent',
      because: 'AWS has no key of this name',
      fix: `Write ${GOOGLE}:aud, which is the token's azp.`,
      meant: 'aud',
    };
  }
  return { kind: 'absent', because: 'AWS has no key of this name', fix: GOOGLE_CONDITION_KEYS };
}
