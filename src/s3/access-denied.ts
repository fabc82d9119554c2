// Parses S3's AccessDenied message: which kind of policy denied which action, and how the operator can fix it. The functions are
// pure.

/** The content of an AccessDenied message, which names one policy and one action even if several policies deny the request. */
export interface AccessDenied {
  /** The kind of policy; undefined if S3 names no kind or an unknown one. */
  readonly reason?: Reason;
  /** True if a statement denies the action, false if no statement allows it; undefined if S3 does not report the reason. */
  readonly explicit?: boolean;
  /** The IAM action that AWS checked. */
  readonly action?: string;
  /** The ARN of the denying policy, if AWS names it. */
  readonly policyArn?: string;
  /** The KMS key that encrypts the object. */
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

/**
 * Maps AWS's terms, in lower case, to kinds of policies (IAM user guide, "Troubleshoot access denied error messages", which also
 * contains the spelling `sessions policy`).
 */
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

/** KMS's message if the key belongs to a different account or does not exist. KMS does not distinguish the two cases. */
const KEY_OUT_OF_REACH =
  /\bno resource-based policies allow access, or a resource-based policy explicitly denies /;

/** Matches an older KMS message, which names no action. */
const OLD_KMS = /^The ciphertext refers to a customer master key that does not exist\b/i;

/**
 * Parses an AccessDenied message. The message quotes the object's key, which the caller chose, so only the text after the last
 * quote is trusted.
 * @param message the message in the error document, with its XML escapes
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
  // KMS calls a key policy "resource-based", which is also S3's term for a bucket policy.
  const reason = policy === 'bucket policy' ? 'key policy' : policy;
  return { action, ...named, ...key, ...(reason && { reason, explicit: explicit !== undefined }) };
}

const isKms = (action: string): boolean => action.startsWith('kms:');

interface Fix {
  /** The fix if no statement allows the action. */
  readonly allow: string;
  /** The fix if a statement denies the action. */
  readonly deny: string;
}

/** The fixes, by the kind of the denying policy. ACTION stands for the IAM action. */
const FIXES: Readonly<Record<Reason, Fix>> = {
  'role policy': {
    allow:
      "Allow ACTION in the role's own policy. This log line names the resource in `bucket` and `key`, or in `kmsKey`.",
    deny: "A Deny statement in the role's own policy covers ACTION on this resource: narrow the statement.",
  },
  'session policy': {
    allow:
      "This caller's grants allow ACTION, but the session policy that the bridge compiled from them does not: check that `target` is the bucket's name in S3. If `target` is right, this is a bug in the bridge: report it, and include this log line.",
    deny: "This caller's grants allow ACTION, but the session policy that the bridge compiled from them has a Deny statement that covers ACTION: check that `target` is the bucket's name in S3. If `target` is right, this is a bug in the bridge: report it, and include this log line.",
  },
  'bucket policy': {
    allow:
      "Allow ACTION for the role in the bucket policy or the access point policy: if the bucket belongs to a different account, the role's own policy is not enough.",
    deny: "A Deny statement in the bucket policy or the access point policy covers ACTION. Check RestrictPublicBuckets. Also check the statement's network conditions (aws:SourceIp, aws:SourceVpce), which the bridge's address on Google Cloud might not meet.",
  },
  'key policy': {
    allow:
      "Allow ACTION for the role in the KMS key's policy. The key must exist in the bucket's region; the aws/s3 key cannot be used from a different account.",
    deny: "A Deny statement in the KMS key's policy covers ACTION: narrow the statement.",
  },
  'permissions boundary': {
    allow: "Allow ACTION in the role's permissions boundary.",
    deny: "A Deny statement in the role's permissions boundary covers ACTION: narrow the statement.",
  },
  'service control policy': {
    allow:
      "No service control policy (SCP) of the role's organization allows ACTION in the role's account: ask the organization's administrator to allow ACTION.",
    deny: "A service control policy (SCP) of the role's organization denies ACTION: ask the organization's administrator to exempt the role. Policies that restrict regions are a common cause.",
  },
  'resource control policy': {
    allow:
      "No resource control policy (RCP) of the bucket's organization allows ACTION on the bucket: ask the organization's administrator to allow ACTION.",
    deny: "A resource control policy (RCP) of the bucket's organization denies ACTION: exempt the role or the bridge's network in that policy.",
  },
  'VPC endpoint policy': {
    allow: 'Allow ACTION in the policy of the VPC endpoint that the bridge uses to call S3.',
    deny: 'In the policy of the VPC endpoint that the bridge uses to call S3, a Deny statement covers ACTION: narrow the statement.',
  },
};

const KMS_IN_SESSION =
  "Add the object's KMS key to the bucket's kmsKeys: the session policy allows ACTION only with the keys listed there.";
const KMS_SILENT =
  "The bridge is not allowed to use the object's KMS key for ACTION. Add the key to the bucket's kmsKeys (session policy), allow ACTION with that key in the role's policy, and allow the role in the key's policy. The key must exist and be in the bucket's region.";
const MISSING =
  "The object most likely does not exist: S3 returns 404 only to callers that may list the bucket. To get 404 for missing objects, also grant the caller `list`, and allow s3:ListBucket in the role's policy.";
const SILENT =
  "S3 gives no reason if it denies a HEAD request, or a request from a different organization. Check the role's policy, the bucket policy, and the session policy, which comes from the caller's grants (`fedbridge check --caller` shows it). For encrypted objects, also check the KMS key's policy and the bucket's kmsKeys. If the bucket belongs to a different account, check requesterPays and expectedOwner. Without s3:ListBucket, S3 also denies reads of missing objects.";

/**
 * @param isList whether the request was a list request. For any other request, S3 checks the permission to list only if the
 * object is missing
 */
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
