// Parses S3's AccessDenied message for the operator: which kind of policy denied which action, and how to fix it. Pure.

/** What the message contains: one policy and one action, even if several policies deny. */
export interface AccessDenied {
  /** The kind of policy; undefined if S3 names none, or an unknown one. */
  readonly reason?: Reason;
  /** Whether a statement denies, rather than none allowing; undefined if S3 does not say. */
  readonly explicit?: boolean;
  /** The IAM action that AWS checked. */
  readonly action?: string;
  /** The policy that denies, which AWS names in some cases. */
  readonly policyArn?: string;
  /** The key that S3 would have decrypted with. */
  readonly kmsKey?: string;
}

type Reason =
  | 'role policy'
  | 'session policy'
  | 'bucket policy'
  | 'key policy'
  | 'permissions boundary'
  | 'service control policy'
  | 'resource control policy'
  | 'VPC endpoint policy';

/** By AWS's terms in lower case (IAM user guide, "Troubleshoot access denied error messages"; it has `sessions policy` too). */
const REASONS: ReadonlyMap<string, Reason> = new Map([
  ['identity-based policy', 'role policy'],
  ['session policy', 'session policy'],
  ['sessions policy', 'session policy'],
  ['resource-based policy', 'bucket policy'],
  ['permissions boundary', 'permissions boundary'],
  ['service control policy', 'service control policy'],
  ['resource control policy', 'resource control policy'],
  ['vpc endpoint policy', 'VPC endpoint policy'],
]);

const ACTION = /^User: \S{1,2048} is not authorized to perform: ([\w-]{1,64}:\w{1,128})/;
const IMPLICIT = /\bbecause no ([\w -]{1,40}?) allows /;
const EXPLICIT = /\bwith an explicit deny in (?:an?|the) ([\w -]{1,40}?)(?= transitively |[,.:]|\s*$)/;
const POLICY_ARN = /(?:policy|boundary)(?:, with policy ARN)?: ?(arn:[\w:/.+=,@-]{1,512})/;
const KMS_KEY = /\barn:[\w-]{1,20}:kms:[\w-]{1,40}:\d{12}:key\/[\w-]{1,128}/;

/** KMS's message if the key belongs to another account or does not exist; it does not say which. */
const KEY_OUT_OF_REACH =
  /\bno resource-based policies allow access, or a resource-based policy explicitly denies /;

/** KMS's older message, without an action. */
const OLD_KMS = /^The ciphertext refers to a customer master key that does not exist\b/i;

/**
 * The message quotes the object's key, which the caller chose, so only the text after the last quote is trusted.
 * @param message of the error document, with its XML escapes
 */
export function readAccessDenied(message: string): AccessDenied {
  if (OLD_KMS.test(message)) return { action: 'kms:Decrypt' };
  const action = ACTION.exec(message)?.[1];
  if (action === undefined) return {};
  const statement = message.slice(/^.*(?:"|&quot;|&#34;|&#x22;)/is.exec(message)?.[0].length ?? 0);
  const explicit = EXPLICIT.exec(statement)?.[1];
  const policy = REASONS.get((explicit ?? IMPLICIT.exec(statement)?.[1] ?? '').toLowerCase());
  const policyArn = POLICY_ARN.exec(statement)?.[1];
  const named = policyArn === undefined ? {} : { policyArn };
  if (!isKms(action)) {
    return { action, ...named, ...(policy && { reason: policy, explicit: explicit !== undefined }) };
  }
  const kmsKey = KMS_KEY.exec(message)?.[0];
  const key = kmsKey === undefined ? {} : { kmsKey };
  if (KEY_OUT_OF_REACH.test(statement)) return { action, ...key, reason: 'key policy' };
  // KMS calls the key's policy resource-based, as S3 calls the bucket's.
  const reason = policy === 'bucket policy' ? 'key policy' : policy;
  return { action, ...named, ...key, ...(reason && { reason, explicit: explicit !== undefined }) };
}

const isKms = (action: string): boolean => action.startsWith('kms:');

interface Fix {
  /** If no statement allows the action. */
  readonly allow: string;
  /** If a statement denies it. */
  readonly deny: string;
}

/** ACTION stands for the action. */
const FIXES: Readonly<Record<Reason, Fix>> = {
  'role policy': {
    allow: "Allow ACTION in the role's own policy for what this line names: bucket and key, or kmsKey.",
    deny: "A Deny in the role's own policy covers ACTION here: narrow it.",
  },
  'session policy': {
    allow:
      "The session policy, which the bridge compiles from this caller's grants, does not allow ACTION though the grants do: check that the bucket's target is what S3 calls it; if it is, report this line.",
    deny: "The session policy, which the bridge compiles from this caller's grants, denies ACTION though the grants allow it: check that the bucket's target is S3's name for it; if it is, report this line.",
  },
  'bucket policy': {
    allow:
      "Allow the role ACTION in the bucket's policy (or its access point's): where the bucket is another account's, the role's own policy is not enough.",
    deny: "A Deny in the bucket's policy (or its access point's) covers ACTION: look at its conditions on networks (aws:SourceIp, aws:SourceVpce), which the bridge's address on Google Cloud may not meet, and at RestrictPublicBuckets.",
  },
  'key policy': {
    allow:
      "Allow the role ACTION in the KMS key's policy. The key must exist in the bucket's region; the aws/s3 key cannot be used from another account.",
    deny: "A Deny in the KMS key's policy covers ACTION: narrow it.",
  },
  'permissions boundary': {
    allow: "Allow ACTION in the role's permissions boundary.",
    deny: "A Deny in the role's permissions boundary covers ACTION: narrow it.",
  },
  'service control policy': {
    allow: "The organization's service control policies (SCP) do not allow the role's account ACTION.",
    deny: "A service control policy (SCP) of the role's organization denies ACTION; those that restrict regions often do.",
  },
  'resource control policy': {
    allow: "The organization's resource control policies (RCP) do not allow ACTION on the bucket.",
    deny: "A resource control policy (RCP) of the bucket's organization denies ACTION: it has to except the role, or the bridge's network.",
  },
  'VPC endpoint policy': {
    allow: "Allow ACTION in the policy of the VPC endpoint that the bucket's endpoint leads to.",
    deny: "A Deny in the policy of the VPC endpoint that the bucket's endpoint leads to covers ACTION: narrow it.",
  },
};

const KMS_IN_SESSION =
  "Add the object's KMS key to the bucket's kmsKeys: the session policy allows ACTION for no other.";
const KMS_SILENT =
  "The object's KMS key may not be used for ACTION: add it to the bucket's kmsKeys (session policy), allow it in the role's policy, and allow the role in the key's policy. The key must exist and be in the bucket's region.";
const MISSING =
  'Most likely there is no such object: S3 says so (404) only to who may list. Grant list as well, and let the role, if missing objects should be 404.';
const SILENT =
  "S3 does not say why, as to HEAD, or to another organization than the bucket's. Look at four places: the role's policy, the session policy (the caller's grants; `fedbridge check --caller` shows it), the bucket's policy, and for encrypted objects the KMS key: its policy and the bucket's kmsKeys. Also requesterPays and expectedOwner, where the bucket is another's. Without s3:ListBucket S3 denies missing objects too.";

/** @param isList whether the request was a list: for a read, S3 checks the right to list only if the object is missing */
export function accessDeniedFix(denial: AccessDenied, isList: boolean): string {
  const { action = '' } = denial;
  if (!isList && /^s3:ListBucket(?:Versions)?$/.test(action)) return MISSING;
  return fixFor(denial, isKms(action)).replaceAll('ACTION', action);
}

function fixFor({ reason, explicit }: AccessDenied, kms: boolean): string {
  if (reason === undefined) return kms ? KMS_SILENT : SILENT;
  if (kms && reason === 'session policy' && explicit !== true) return KMS_IN_SESSION;
  return FIXES[reason][explicit === true ? 'deny' : 'allow'];
}
