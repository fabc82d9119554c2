// Tests that S3 denies a session everything outside its grant, and whether the denials depend on the policy's Deny statements.
import type { Grant } from '../config/types.ts';
import type { S3Error } from '../s3/s3-error.ts';
import type { ObjectResponse, BucketChecks } from './bucket-checks.ts';
import type { Examination, StepNames, Observation } from './step-report.ts';
import { isRefused, onlyListLacks, refused, s3ErrorDetail } from './s3-refusal.ts';

/** The words with which findings name the requests of each check. */
const UNGRANTED = { readOutside: 'reads outside the grant', listOutside: 'lists outside the grant' } as const;
type OutsideCheck = keyof typeof UNGRANTED;

/**
 * @param tried.checksWithoutDenials creates the same checks in a session without the policy's Deny statements; undefined if the
 * policy for the grant has no Deny statements
 */
export async function* examineBoundary(tried: {
  readonly names: StepNames;
  readonly grant: Grant;
  readonly checks: BucketChecks;
  readonly checksWithoutDenials: (() => Promise<BucketChecks>) | undefined;
}): AsyncGenerator<Observation, void, undefined> {
  const { names, grant, checks, checksWithoutDenials } = tried;
  const outsideChecks = outsideChecksOf(grant);
  for (const check of outsideChecks) yield judge(names, check, await checks[check]());
  if (outsideChecks.length === 0 || checksWithoutDenials === undefined) return;
  const bare = await checksWithoutDenials();
  for (const check of outsideChecks) {
    const response = await bare[check]();
    if (verdictOn(check, response) === 'open') {
      yield deniedByDenialsOnly(names, check, response);
      return;
    }
  }
}

function outsideChecksOf({ allow, scope }: Grant): OutsideCheck[] {
  const isWhole = scope.kind === 'bucket';
  return [
    ...(isWhole && allow.includes('get') ? [] : ['readOutside' as const]),
    ...(isWhole && allow.includes('list') ? [] : ['listOutside' as const]),
  ];
}

/**
 * Decides what a response proves about the session's rights outside its grant. Both checks request a key or prefix that does
 * not exist. A denied list proves that the right to list is missing. A denied read proves that the right to get is missing only
 * if S3 reports this. If S3 reports that the right to list is missing, the session has the right to get. If S3 does not report
 * which right is missing, the denied read proves nothing.
 * @returns the S3 error if the error is not about a missing right
 */
function verdictOn(
  check: OutsideCheck,
  response: ObjectResponse | S3Error,
): 'denied' | 'open' | 'silent' | S3Error {
  if (!isRefused(response) || response.code === 'NoSuchKey') return 'open';
  if (response.status !== 403 || response.code !== 'AccessDenied') return response;
  if (check === 'listOutside' || response.denial?.action === 's3:GetObject') return 'denied';
  return onlyListLacks(response) ? 'open' : 'silent';
}

function judge(names: StepNames, check: OutsideCheck, response: ObjectResponse | S3Error): Observation {
  const what = UNGRANTED[check];
  const verdict = verdictOn(check, response);
  switch (verdict) {
    case 'denied':
      return `denies ${what}`;
    case 'open':
      return {
        step: names.grant,
        outcome: 'wrong',
        found: `S3 does not deny ${what}`,
        compared: comparedOf(response),
        fix: NOT_LIMITED,
      };
    case 'silent':
      return {
        step: names.grant,
        outcome: 'unknown',
        found: `could not verify that S3 denies ${what}: S3 denied a read of a missing object, but gave no reason (${shownOf(response)})`,
        fix: PROVE_FIX,
      };
    default:
      return refused(names, { what: `the test of ${what}` }, verdict);
  }
}

const deniedByDenialsOnly = (
  names: StepNames,
  check: OutsideCheck,
  response: ObjectResponse | S3Error,
): Examination => ({
  step: names.grant,
  outcome: 'doubtful',
  found: `a bucket policy allows ${UNGRANTED[check]}; only the session policy's Deny statements prevent them`,
  compared: comparedOf(response),
  fix: NAME_THE_ROLE,
});

const shownOf = (response: ObjectResponse | S3Error): string =>
  isRefused(response) ? s3ErrorDetail(response.status, response.code) : 'success';

/** Describes S3's response, with the denied IAM action if S3 names it. */
function comparedOf(response: ObjectResponse | S3Error): NonNullable<Examination['compared']> {
  const action = isRefused(response) ? response.denial?.action : undefined;
  return { response: shownOf(response), ...(action === undefined ? {} : { action }) };
}

const NAME_THE_ROLE =
  "In the bucket policy, set Principal to the role's ARN: session policies limit permissions that are granted to a role's ARN, but not permissions that are granted to \"*\" (even with aws:PrincipalArn) or to a session's ARN. Alternatively, narrow the statement to what callers may read.";
const NOT_LIMITED = `Either a bucket policy allows these requests in a way that session policies do not limit, or the server at this endpoint does not enforce session policies (check that the server is AWS). Until this is fixed, only the bridge itself limits callers to their grants. ${NAME_THE_ROLE}`;
const PROVE_FIX =
  "To find out: (1) Print the grant's policy with `fedbridge check FILE --caller CALLER --get BUCKET/KEY`. (2) Start a session with `aws sts assume-role-with-web-identity --policy POLICY --web-identity-token TOKEN`; `fedbridge token --raw` prints the token. (3) In that session, request an object that exists but is not covered by the grant: S3 must return 403.";
