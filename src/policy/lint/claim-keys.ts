// Condition keys for claims that many of Google's tokens lack. Conditions on them can narrow a trust policy, but cannot replace
// its pins.

export interface Claim {
  /** The key without its prefix `accounts.google.com:`, in lower case. */
  readonly key: string;
  readonly type: 'string' | 'number';
  /** A noun for the claim's content, used after "the token's" in messages. */
  readonly contains: string;
  readonly form: RegExp;
  readonly fillIn: string;
  /** States which of the two AWS pages lists the key. */
  readonly listed: string;
  readonly advice: string;
  /** A description of the tokens that have the claim. */
  readonly carriers: string;
}

const USER_GUIDE_ONLY = 'the IAM user guide lists this key, but the service authorization reference does not';
const SERVICE_REFERENCE_ONLY =
  'the service authorization reference lists this key, but the IAM user guide does not';

/**
 * The claims, according to the IAM user guide ("Available keys for AWS OIDC federation", default tab) and the service
 * authorization reference for STS. Not yet tested on AWS.
 */
const CLAIMS: readonly Claim[] = [
  {
    key: 'email',
    type: 'string',
    contains: 'email',
    form: /@/,
    fillIn: "Use the service account's email.",
    listed: USER_GUIDE_ONLY,
    advice:
      'Keep the condition on :sub: a service account that is deleted and re-created has the same email but a different unique ID.',
    carriers:
      'Tokens from the metadata server have this claim, but tokens from `identity: { impersonate: EMAIL }` do not.',
  },
  {
    key: 'amr',
    type: 'string',
    contains: 'authentication method',
    form: /./,
    fillIn: '',
    listed: USER_GUIDE_ONLY,
    advice: 'Remove this condition.',
    carriers: 'No service account token is known to have this claim.',
  },
  {
    key: 'google/organization_number',
    type: 'number',
    contains: 'organization number',
    form: /^\d+$/,
    fillIn: 'Write the numeric ID that `gcloud organizations list` prints.',
    listed: SERVICE_REFERENCE_ONLY,
    advice: 'Keep the condition on :sub: the organization number does not identify the service account.',
    carriers:
      "Only tokens from generateIdToken with organizationNumberIncluded have this claim. The bridge's tokens have this claim only if `identity: { file: PATH }` is set and that file contains such a token.",
  },
];

export const findClaim = (key: string): Claim | undefined => CLAIMS.find((claim) => claim.key === key);
