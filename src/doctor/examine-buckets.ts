// Tests some grants of each bucket: whether the bucket exists, whether S3 allows what the grants allow, and whether AWS limits
// a session to the grants.
import type { Bucket, Grant } from '../config/types.ts';
import { escapeText } from '../config/show.ts';
import { asFault } from '../errors/fault.ts';
import type { Fault } from '../errors/fault.ts';
import { ownAttribution } from '../federation/session-name.ts';
import type { RoleCredentials } from '../federation/credentials.ts';
import { compileAllowances, compilePolicy } from '../policy/session-policy.ts';
import { endpointOf } from '../s3/endpoint.ts';
import { createReader } from '../s3/read.ts';
import type { Reader } from '../s3/read.ts';
import { createSigner } from '../s3/signature.ts';
import type { Sign } from '../s3/signature.ts';
import { createTransport } from '../http1/transport.ts';
import type { Transport } from '../http1/transport.ts';
import { bucketChecks } from './bucket-checks.ts';
import type { BucketChecks } from './bucket-checks.ts';
import { distributionChecks } from './distribution-checks.ts';
import { egressFix } from './egress.ts';
import { failed, examineInOrder } from './step-report.ts';
import type { Examination, Examined } from './step-report.ts';
import { examineReads } from './grant-reads.ts';
import type { RoleContext } from './roles.ts';
import { isS3Fault } from './s3-refusal.ts';

/**
 * How many distinct grants are tested per bucket. More tests would rarely find more problems, because policies of roles,
 * buckets and keys seldom distinguish more prefixes.
 */
const GRANTS = 8;
/** The timeout for S3, which normally responds within a second. */
const STALL_MS = 5_000;

type BucketsContext = Pick<RoleContext, 'config' | 'access' | 'clockIsOff'>;
type BucketContext = BucketsContext & {
  readonly reader: Reader;
  readonly sign: Sign;
  readonly transport: Transport;
};

/** @param failing names of roles that cannot be assumed; buckets that use them are not checked */
export async function* examineBuckets(context: BucketsContext, failing: ReadonlySet<string>): Examined {
  const { config } = context;
  const transport = createTransport({ stallMs: STALL_MS });
  const learned = new Map<string, string>();
  const sign = createSigner();
  const reader = createReader({
    transport,
    sign,
    defaultRegion: config.aws.region,
    onRegionLearned: (name, region) => learned.set(name, region),
  });
  const buckets = [...config.buckets.values()];
  for (const name of failing) {
    const names = buckets.filter(({ role }) => role.name === name).map((bucket) => bucket.name);
    const step = `buckets of role ${name}`;
    if (names.length > 0) yield { step, outcome: 'unknown', found: `not checked: ${names.join(', ')}` };
  }
  yield* examineInOrder(
    buckets.filter(({ role }) => !failing.has(role.name)),
    async function* (bucket) {
      yield* examineBucket(bucket, { ...context, reader, sign, transport });
      const region = learned.get(bucket.name);
      if (region !== undefined) yield otherRegion(bucket, region, config.aws.region);
    },
  );
  transport.close();
}

const bucketStep = (name: string): string => `bucket ${name}`;

function otherRegion({ name, region }: Bucket, found: string, first: string): Examination {
  const looked = region ?? `${first} (aws.region)`;
  return {
    step: bucketStep(name),
    outcome: 'doubtful',
    found: `it is in ${found}`,
    compared: { 'expected region': looked, 'actual region': found },
    fix: `Set the bucket's region to ${found}: until then, each new instance tries the wrong region first.`,
  };
}

async function* examineBucket(bucket: Bucket, context: BucketContext): Examined {
  const step = bucketStep(bucket.name);
  const grants = distinctGrants(context.config.grants.filter((grant) => grant.bucket === bucket.name));
  if (grants.length === 0) yield { step, outcome: 'unknown', found: 'not checked, because it has no grants' };
  for (const [position, grant] of grants.slice(0, GRANTS).entries()) {
    let isOfBucket = false;
    for await (const each of examineGrant(bucket, grant, context)) {
      isOfBucket ||= each.step === step && each.outcome !== 'fine';
      yield each;
    }
    const rest = grants.length - position - 1;
    const isLast = isOfBucket || position + 1 === GRANTS;
    if (rest > 0 && isLast)
      yield {
        step,
        outcome: 'unknown',
        found: `${rest} more distinct ${rest === 1 ? 'grant' : 'grants'} not checked`,
      };
    if (isOfBucket) return;
  }
}

function distinctGrants(grants: readonly Grant[]): readonly Grant[] {
  return [...new Map(grants.map((grant) => [JSON.stringify([grant.scope, grant.allow]), grant])).values()];
}

async function* examineGrant(bucket: Bucket, grant: Grant, context: BucketContext): Examined {
  const step = bucketStep(bucket.name);
  const reached = `${step}, ${reachOf(grant)}`;
  try {
    const policy = compilePolicy(bucket, [grant]);
    const allowances = compileAllowances(bucket, [grant]);
    const session = await context.access.assumeChain(
      bucket.role,
      await ownAttribution(bucket.role, context.access),
      policy,
    );
    const checksIn = (credentials: RoleCredentials): BucketChecks =>
      bucketChecks(context.reader.read, { bucket, grant, credentials });
    yield* examineReads({
      names: { bucket: step, grant: reached, as: session.assumedRoleArn },
      grant,
      bucket,
      checks: checksIn(session),
      distribution:
        bucket.via === undefined
          ? undefined
          : distributionChecks(bucket.via, {
              bucket,
              regionOf: context.reader.regionOf,
              credentials: session,
              sign: context.sign,
              transport: context.transport,
            }),
      checksWithoutDenials:
        policy === allowances
          ? undefined
          : async () =>
              checksIn(
                await context.access.assumeChain(
                  bucket.role,
                  await ownAttribution(bucket.role, context.access),
                  allowances,
                ),
              ),
    });
  } catch (error) {
    const fault = asFault(error);
    yield isS3Fault(fault)
      ? bucketFailure(bucket, fault, context)
      : failed(reached, 'could not get a session for this grant', fault);
  }
}

function bucketFailure(bucket: Bucket, fault: Fault, context: BucketContext): Examination {
  const step = bucketStep(bucket.name);
  const { reader } = context;
  const { code, detail } = fault;
  const { origin } = endpointOf(bucket, reader.regionOf(bucket));
  const isClockError = CLOCK_ERRORS.includes(detail['s3Code']);
  if (isClockError && context.clockIsOff)
    return {
      step,
      outcome: 'unknown',
      found: `S3 rejects requests because a clock is wrong: ${code}`,
      fault: code,
    };
  const outOfReach = code === 's3_unreachable' || code === 's3_timeout';
  const fix = outOfReach
    ? egressFix(origin, context.config.platform, detail['error'])
    : isClockError
      ? SKEWED
      : undefined;
  return failed(step, 'cannot be read', fault, { fix, compared: { requested: origin } });
}

/**
 * S3's error codes that indicate a wrong clock. Sessions are new during these checks, so they expire early only if a clock is
 * wrong.
 */
const CLOCK_ERRORS: readonly unknown[] = ['RequestTimeTooSkewed', 'ExpiredToken'];

const SKEWED =
  "The S3 server's clock is wrong by more than 15 minutes: this machine's clock agrees with other clocks. Correct the server's clock. The server is probably not AWS.";

function reachOf({ scope }: Grant): string {
  if (scope.kind === 'bucket') return 'whole bucket';
  return escapeText(scope.kind === 'prefix' ? scope.prefix : scope.key);
}
