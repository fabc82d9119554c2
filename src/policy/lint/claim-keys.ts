// Condition keys of claims that many of Google's tokens lack. They narrow a trust policy, and replace none of its pins.

export interface Claim {
  /** After `accounts.google.com:`, in lower case. */
  readonly key: string;
  readonly type: 'string' | 'number';
  /** What it holds, after "the token's". */
  readonly holds: string;
  readonly form: RegExp;
  readonly fillIn: string;
  /** Which of AWS's two pages lists the key. */
  readonly listed: string;
  readonly advice: string;
  /** Which tokens have the claim. */
  readonly carriers: string;
}

const USER_GUIDE_ONLY = 'the IAM user guide lists this key, and the service authorization reference does not';
const SERVICE_REFERENCE_ONLY =
  'the service authorization reference lists this key, and the IAM user guide does not';

/**
 * IAM user guide, "Available keys for AWS OIDC federation", default tab, and the service authorization reference for STS.
 * Not tried on AWS.
 */
const CLAIMS: readonly Claim[] = [
  {
    key: 'email',
    type: 'string',
    holds: 'e-mail',
    form: /@/,
    fillIn: 'Write the e-mail of the service account.',
    listed: USER_GUIDE_ONLY,
    advice:
      'A deleted service account can be created again under the same e-mail, with another unique ID: keep :sub.',
    carriers:
      "The bridge's tokens from the metadata server have this claim, and those of `identity: { impersonate: EMAIL }` do not.",
  },
  {
    key: 'amr',
    type: 'string',
    holds: 'authentication method',
    form: /./,
    fillIn: '',
    listed: USER_GUIDE_ONLY,
    advice: 'Remove it.',
    carriers: 'Tokens of service accounts are not known to have this claim.',
  },
  {
    key: 'google/organization_number',
    type: 'number',
    holds: 'organization number',
    form: /^\d+$/,
    fillIn: 'Write the digits of the ID that `gcloud organizations list` prints.',
    listed: SERVICE_REFERENCE_ONLY,
    advice: 'It says nothing about the account: keep :sub.',
    carriers:
      "Only tokens of generateIdToken with organizationNumberIncluded have this claim, and the bridge's do only if `identity: { file: PATH }` names such a token.",
  },
];

export const findClaim = (key: string): Claim | undefined => CLAIMS.find((claim) => claim.key === key);
