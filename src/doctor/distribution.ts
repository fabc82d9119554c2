// Compares a bucket's CloudFront distribution with S3. Reports responses that the bridge cannot use, and whether anyone could
// read objects through the distribution.
import { mayUseCloudFront } from '../s3/cloudfront/eligible-read.ts';
import { FALLBACKS } from '../s3/cloudfront/fallbacks.ts';
import type { FallbackReason } from '../s3/cloudfront/fallbacks.ts';
import { sampleRequest } from '../s3/sample-request.ts';
import type { Beginning, DistributionChecks, Unreachable } from './distribution-checks.ts';
import { s3ErrorDetail } from './s3-refusal.ts';
import type { Compared, Examination, Observation, StepNames } from './step-report.ts';

/**
 * How often the object is read through the distribution. If the distribution has a cache, the cache responds to the second
 * request.
 */
const TIMES = 2;

/** @param key the key of an object that the grant allows callers to get */
export async function* examineDistribution(
  names: StepNames,
  tried: { readonly via: string; readonly key: string; readonly checks: DistributionChecks },
): AsyncGenerator<Observation, void, undefined> {
  const { via, key, checks } = tried;
  const step = names.grant;
  if (!mayUseCloudFront(sampleRequest('get', 'any', key), [])) {
    yield notCompared(step, `keys like this one are always read directly from S3`, { key });
    return;
  }
  const direct = await checks.direct(key);
  if (isUnreachable(direct) || direct.code !== undefined || direct.status !== 206) {
    yield notCompared(step, 'its beginning could not be read directly', { key, ...comparedOf(direct) });
    return;
  }
  for (let time = 0; time < TIMES; time += 1) {
    const through = await checks.through(key);
    const problem = problemWith(through, direct);
    if (problem !== undefined) {
      yield { step, ...problem, compared: { via, key, ...comparedOf(through) } };
      return;
    }
  }
  const unsigned = await checks.unsigned(key);
  yield isUnreachable(unsigned) || unsigned.status !== 403
    ? { step, ...unsignedProblem(unsigned), compared: { via, key, ...comparedOf(unsigned) } }
    : 'reads the same through CloudFront, which denies unsigned requests';
}

const isUnreachable = (given: Beginning | Unreachable): given is Unreachable => 'error' in given;

type Problem = Pick<Examination, 'outcome' | 'found' | 'fix'>;

/**
 * Returns the problem with a read through the distribution, if there is one. For most of these problems, the bridge reads
 * directly from S3 instead, so callers notice nothing, but reads cost more than expected.
 */
function problemWith(through: Beginning | Unreachable, direct: Beginning): Problem | undefined {
  if (isUnreachable(through)) return fallback('unavailable', 'doubtful');
  const { status, code, source, etag, digest } = through;
  // A cached response is always a problem, because anyone can read it without a signature.
  if (source === 'cached') return fallback('cached', 'wrong');
  if (source === 'not_s3') return fallback('not_s3', 'doubtful');
  if (code === 'SignatureDoesNotMatch') return fallback('signature', 'doubtful');
  if (status >= 400) return fallback('refused', 'doubtful');
  if (status === direct.status && etag === direct.etag && digest === direct.digest) return undefined;
  return {
    outcome: 'wrong',
    found: 'CloudFront returned a different status, ETag or content than S3',
    fix: "If the object was just overwritten, rerun the doctor. Otherwise, check the distribution's origin, and turn off compression, functions and Lambda@Edge.",
  };
}

function fallback(reason: FallbackReason, outcome: Examination['outcome']): Problem {
  return { outcome, ...FALLBACKS[reason] };
}

function unsignedProblem(unsigned: Beginning | Unreachable): Problem {
  if (!isUnreachable(unsigned) && unsigned.status < 300)
    return {
      outcome: 'wrong',
      found: 'anyone can read the object through CloudFront, without a signature',
      fix: 'Remove the origin access control from the distribution, set its cache policy to CachingDisabled and invalidate its cache. If the bucket itself is public, the bridge cannot protect it.',
    };
  return {
    outcome: 'unknown',
    found: 'could not verify that CloudFront denies unsigned requests: the response was not a 403',
    fix: 'Rerun the doctor. If the response stays the same, check the distribution.',
  };
}

const notCompared = (step: string, why: string, compared: Compared): Examination => ({
  step,
  outcome: 'unknown',
  found: `the object was not compared with CloudFront, because ${why}`,
  compared,
  fix: 'The doctor compares the first object that it lists, or the `key` of a grant. Upload an object that contains at least one byte and has only letters and digits in its key, then rerun the doctor.',
});

const comparedOf = (given: Beginning | Unreachable): Compared =>
  isUnreachable(given)
    ? { error: given.error }
    : {
        response: s3ErrorDetail(given.status, given.code),
        ...(given.etag === undefined ? {} : { etag: given.etag }),
      };
