// What a refusal of S3 says about the way to a bucket, and how to mend it.
import type { FaultCode } from '../errors/table.ts';
import type { Fault } from '../errors/fault.ts';
import { accessDeniedFix } from '../s3/access-denied.ts';
import type { S3Error } from '../s3/s3-error.ts';
import type { Examination, StepNames } from './step-report.ts';

interface Attempt {
  /** As in `list is refused`. */
  readonly what: string;
  readonly key?: string;
}

export function refused(
  { bucket, grant, as }: StepNames,
  { what, key }: Attempt,
  refusal: S3Error,
): Examination {
  const { status, code, denial = {} } = refusal;
  const isOfBucket = code !== undefined && Object.hasOwn(BUCKET_CODES, code);
  return {
    step: isOfBucket ? bucket : grant,
    outcome: 'wrong',
    found: `${what} is refused: ${s3ErrorDetail(status, code)}`,
    compared: { as, ...(key === undefined ? {} : { key }), ...Object.fromEntries(Object.entries(denial)) },
    fix: fixOf(refusal, what === 'list'),
  };
}

export const s3ErrorDetail = (status: number, code: string | undefined): string =>
  code === undefined ? String(status) : `${status} ${code}`;

export const isRefused = (given: object): given is S3Error => 'details' in given;

/** S3 tests the right to list after the right to get, and only if there is no such object: so the right to get was there. */
export const onlyListLacks = ({ status, denial }: S3Error): boolean =>
  status === 403 && denial?.action?.startsWith('s3:ListBucket') === true;

/** Codes that are true of each grant on the bucket. */
const BUCKET_CODES: Readonly<Record<string, string>> = {
  NoSuchBucket: "S3 has no bucket of that name: check the bucket's `target` and `endpoint`.",
  InvalidBucketName: "S3 takes no such name: check the bucket's `target`.",
  AllAccessDisabled: 'AWS has closed the bucket to everybody: ask its owner.',
  AccountProblem: "AWS has a problem with the account, often its bill: ask the bucket's owner.",
};

const BY_CODE: Readonly<Record<string, string>> = {
  ...BUCKET_CODES,
  'KMS.DisabledException':
    'The KMS key of this object is disabled: its owner enables it (aws kms enable-key).',
  'KMS.KMSInvalidStateException':
    'The KMS key of this object is not in use, as while its deletion is pending: its owner cancels that (aws kms cancel-key-deletion), then enables it.',
  'KMS.NotFoundException': 'The KMS key of this object is gone, and with it what the object holds.',
  SlowDown: 'S3 asks to slow down, and scales while the load lasts: ask again in a minute.',
};

const LIST_MATTERS = ' Until then missing objects are 403 instead of 404, too, at which many programs stop.';

function fixOf({ status, code, denial = {} }: S3Error, isList: boolean): string {
  if (code !== undefined && Object.hasOwn(BY_CODE, code)) return BY_CODE[code] ?? '';
  if (status === 403) {
    const ofRole = isList && denial.reason === 'role policy';
    return `${accessDeniedFix(denial, isList)}${ofRole ? LIST_MATTERS : ''}`;
  }
  if (status >= 500)
    return "S3 failed by itself: if it lasts, see the AWS health page of the bucket's region.";
  return 'S3\'s code is in this line: look it up in its API reference, "Error responses".';
}

/** A fault that has nothing to do with one grant or another. */
export const isS3Fault = ({ code }: Fault): boolean => S3_FAULTS.has(code);

const S3_FAULTS: ReadonlySet<FaultCode> = new Set([
  's3_unreachable',
  's3_timeout',
  's3_invalid_response',
  's3_redirect_failed',
  's3_credentials_rejected',
]);
