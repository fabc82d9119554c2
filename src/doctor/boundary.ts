// Tests that a session is denied what its grant leaves out, and whether only the Deny statements of its policy do that.
import type { Grant } from '../config/types.ts';
import type { S3Error } from '../s3/s3-error.ts';
import type { ObjectResponse, BucketChecks } from './bucket-checks.ts';
import type { Examination, StepNames, Observation } from './step-report.ts';
import { isRefused, onlyListLacks, refused, s3ErrorDetail } from './s3-refusal.ts';

/** What a grant leaves out, by the question that tries it. */
const UNGRANTED = { readOutside: 'ungranted reads', listOutside: 'ungranted lists' } as const;
type OutsideCheck = keyof typeof UNGRANTED;

/** @param tried.checksWithoutDenials in a session whose policy has no Deny statements; undefined if the grant's own has none */
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
 * Both ask for something that does not exist. A read of it proves the boundary only if S3 names the right to get: if it names
 * the right to list, the right to get was there, and if it names none, either may be missing. A list needs one right only.
 * @returns the refusal if it is about neither right
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
        found: `not proven that S3 denies ${what}: it gives no reason for denying one of a missing object (${shownOf(response)})`,
        fix: PROVE_FIX,
      };
    default:
      return refused(names, { what: `one of the ${what}` }, verdict);
  }
}

const deniedByDenialsOnly = (
  names: StepNames,
  check: OutsideCheck,
  response: ObjectResponse | S3Error,
): Examination => ({
  step: names.grant,
  outcome: 'doubtful',
  found: `a bucket policy allows ${UNGRANTED[check]}, which only the Deny statements of the session policy stop`,
  compared: comparedOf(response),
  fix: NAME_THE_ROLE,
});

const shownOf = (response: ObjectResponse | S3Error): string =>
  isRefused(response) ? s3ErrorDetail(response.status, response.code) : 'success';

/** S3's response, and the IAM action that it names. */
function comparedOf(response: ObjectResponse | S3Error): NonNullable<Examination['compared']> {
  const action = isRefused(response) ? response.denial?.action : undefined;
  return { response: shownOf(response), ...(action === undefined ? {} : { action }) };
}

const NAME_THE_ROLE =
  'In the bucket policy, name the ARN of the role as Principal instead of "*" (also with aws:PrincipalArn) or of a session\'s ARN: session policies limit what it grants to that. Or narrow the statement to what callers may read.';
const NOT_LIMITED = `Either a bucket policy allows them in a way that session policies do not limit, or the server at this endpoint does not enforce session policies: is it AWS? Only the bridge's own check of grants is left. ${NAME_THE_ROLE}`;
const PROVE_FIX =
  "To find out, get an object that exists outside of the grant in a session with the grant's policy, which must be 403: `fedbridge check FILE --caller CALLER --get BUCKET/KEY` prints the policy, and `aws sts assume-role-with-web-identity --policy POLICY --web-identity-token TOKEN` gives the session (`fedbridge token --raw` prints the token).";
