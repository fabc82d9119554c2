// Tests that a session is denied what its grant leaves out, and whether only the Deny statements of its policy do that.
import type { Grant } from '../config/types.ts';
import type { S3Error } from '../s3/s3-error.ts';
import type { Given, BucketChecks } from './bucket-questions.ts';
import type { Examination, Named, Told } from './examination.ts';
import { isRefused, onlyListLacks, refused, s3ErrorDetail } from './s3-refusal.ts';

/** What a grant leaves out, by the question that tries it. */
const UNGRANTED = { readOutside: 'ungranted reads', listOutside: 'ungranted lists' } as const;
type Question = keyof typeof UNGRANTED;

/** @param tried.askWithoutDenials in a session whose policy has no Deny statements; undefined if the grant's own has none */
export async function* examineBoundary(tried: {
  readonly named: Named;
  readonly grant: Grant;
  readonly ask: BucketChecks;
  readonly askWithoutDenials: (() => Promise<BucketChecks>) | undefined;
}): AsyncGenerator<Told, void, undefined> {
  const { named, grant, ask, askWithoutDenials } = tried;
  const questions = leftOutBy(grant);
  for (const question of questions) yield judged(named, question, await ask[question]());
  if (questions.length === 0 || askWithoutDenials === undefined) return;
  const askBare = await askWithoutDenials();
  for (const question of questions) {
    const given = await askBare[question]();
    if (verdictOn(question, given) === 'open') {
      yield heldByDenialsOnly(named, question, given);
      return;
    }
  }
}

function leftOutBy({ allow, scope }: Grant): Question[] {
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
function verdictOn(question: Question, given: Given | S3Error): 'denied' | 'open' | 'silent' | S3Error {
  if (!isRefused(given) || given.code === 'NoSuchKey') return 'open';
  if (given.status !== 403 || given.code !== 'AccessDenied') return given;
  if (question === 'listOutside' || given.denial?.action === 's3:GetObject') return 'denied';
  return onlyListLacks(given) ? 'open' : 'silent';
}

function judged(named: Named, question: Question, given: Given | S3Error): Told {
  const what = UNGRANTED[question];
  const verdict = verdictOn(question, given);
  switch (verdict) {
    case 'denied':
      return `denies ${what}`;
    case 'open':
      return {
        step: named.grant,
        outcome: 'wrong',
        found: `S3 does not deny ${what}`,
        compared: answered(given),
        fix: NOT_LIMITED,
      };
    case 'silent':
      return {
        step: named.grant,
        outcome: 'unknown',
        found: `not proven that S3 denies ${what}: it gives no reason for denying one of a missing object (${shownOf(given)})`,
        fix: HOW_TO_FIND_OUT,
      };
    default:
      return refused(named, { what: `one of the ${what}` }, verdict);
  }
}

const heldByDenialsOnly = (named: Named, question: Question, given: Given | S3Error): Examination => ({
  step: named.grant,
  outcome: 'doubtful',
  found: `a bucket policy allows ${UNGRANTED[question]}, which only the Deny statements of the session policy stop`,
  compared: answered(given),
  fix: NAME_THE_ROLE,
});

const shownOf = (given: Given | S3Error): string =>
  isRefused(given) ? s3ErrorDetail(given.status, given.code) : 'success';

/** S3's response, and the IAM action that it names. */
function answered(given: Given | S3Error): NonNullable<Examination['compared']> {
  const action = isRefused(given) ? given.denial?.action : undefined;
  return { response: shownOf(given), ...(action === undefined ? {} : { action }) };
}

const NAME_THE_ROLE =
  'In the bucket policy, name the ARN of the role as Principal instead of "*" (also with aws:PrincipalArn) or of a session\'s ARN: session policies limit what it grants to that. Or narrow the statement to what callers may read.';
const NOT_LIMITED = `Either a bucket policy allows them in a way that session policies do not limit, or the server at this endpoint does not enforce session policies: is it AWS? Only the bridge's own check of grants is left. ${NAME_THE_ROLE}`;
const HOW_TO_FIND_OUT =
  "To find out, get an object that exists outside of the grant in a session with the grant's policy, which must be 403: `fedbridge check FILE --caller CALLER --get BUCKET/KEY` prints the policy, and `aws sts assume-role-with-web-identity --policy POLICY --web-identity-token TOKEN` gives the session (`fedbridge token --raw` prints the token).";
