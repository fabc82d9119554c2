// Interprets an S3 error: which step of the bridge's path it concerns, and how to fix it.
import type { FaultCode } from '../errors/table.ts';
import type { Fault } from '../errors/fault.ts';
import { accessDeniedFix } from '../s3/access-denied.ts';
import type { S3Error } from '../s3/s3-error.ts';
import type { Examination, StepNames } from './step-report.ts';

interface Attempt {
  /** The action that failed, for example `list`. Findings add the word "failed". */
  readonly what: string;
  readonly key?: string;
}

export function refused(
  { bucket, grant, as }: StepNames,
  { what, key }: Attempt,
  refusal: S3Error,
): Examination {
  const { status, code, denial = {} } = refusal;
  const concernsBucket = code !== undefined && Object.hasOwn(BUCKET_CODES, code);
  return {
    step: concernsBucket ? bucket : grant,
    outcome: 'wrong',
    found: `${what} failed: ${s3ErrorDetail(status, code)}`,
    compared: { as, ...(key === undefined ? {} : { key }), ...Object.fromEntries(Object.entries(denial)) },
    fix: fixOf(refusal, what === 'list'),
  };
}

export const s3ErrorDetail = (status: number, code: string | undefined): string =>
  code === undefined ? String(status) : `${status} ${code}`;

export const isRefused = (given: object): given is S3Error => 'details' in given;

/**
 * Whether the session may get objects but not list them. S3 checks the right to list only after the right to get, and only if
 * the object does not exist.
 */
export const onlyListLacks = ({ status, denial }: S3Error): boolean =>
  status === 403 && denial?.action?.startsWith('s3:ListBucket') === true;

/** S3 error codes that concern the whole bucket, each with its fix. */
const BUCKET_CODES: Readonly<Record<string, string>> = {
  NoSuchBucket: "S3 has no bucket with this name: check the bucket's `target` and `endpoint`.",
  InvalidBucketName: "S3 does not accept this bucket name: check the bucket's `target`.",
  AllAccessDisabled: 'AWS has disabled all access to the bucket: contact its owner.',
  AccountProblem: "AWS reports a problem with the account, often an unpaid bill: contact the bucket's owner.",
};

const BY_CODE: Readonly<Record<string, string>> = {
  ...BUCKET_CODES,
  'KMS.DisabledException': "The object's KMS key is disabled: its owner must enable it (aws kms enable-key).",
  'KMS.KMSInvalidStateException':
    "The object's KMS key is not usable, for example because its deletion is pending. Its owner must cancel the deletion (aws kms cancel-key-deletion), then enable the key.",
  'KMS.NotFoundException': "The object's KMS key no longer exists, so the object's content is lost.",
  SlowDown:
    'S3 is throttling requests. Under sustained load, S3 raises the limit. Rerun the doctor in a minute.',
};

const LIST_MATTERS =
  ' Until then, reads of missing objects also return 403 instead of 404, and many programs stop at a 403.';

function fixOf({ status, code, denial = {} }: S3Error, isList: boolean): string {
  if (code !== undefined && Object.hasOwn(BY_CODE, code)) return BY_CODE[code] ?? '';
  if (status === 403) {
    const isRolePolicy = isList && denial.reason === 'role policy';
    return `${accessDeniedFix(denial, isList)}${isRolePolicy ? LIST_MATTERS : ''}`;
  }
  if (status >= 500)
    return "S3 returned a server error. If the error persists, check the AWS Health Dashboard for the bucket's region.";
  return 'Look up the S3 error code in the S3 API Reference, under "Error responses".';
}

/** Whether a fault concerns the whole bucket instead of a particular grant. */
export const isS3Fault = ({ code }: Fault): boolean => S3_FAULTS.has(code);

const S3_FAULTS: ReadonlySet<FaultCode> = new Set([
  's3_unreachable',
  's3_timeout',
  's3_invalid_response',
  's3_redirect_failed',
  's3_credentials_rejected',
]);
