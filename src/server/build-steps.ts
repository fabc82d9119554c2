// Builds the steps of a request from the configuration. A reload keeps each step whose inputs are unchanged, so that only what
// changed loses its credentials, keys, verified tokens or connections.
import { isDeepStrictEqual } from 'node:util';
import { authenticator } from '../auth/authenticate.ts';
import type { Caller } from '../auth/verify-token.ts';
import { grantIndex } from '../auth/grants.ts';
import type { AccessOf } from '../auth/grants.ts';
import { tokenVerifier } from '../auth/verify-token.ts';
import type { Config, Role } from '../config/types.ts';
import { createFederation } from '../federation/federate.ts';
import type { Federation } from '../federation/federate.ts';
import { createTransport } from '../http1/transport.ts';
import type { Transport } from '../http1/transport.ts';
import type { Log } from '../observability/log.ts';
import { faultLogger } from '../observability/log-fields.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { MaybeAsync } from '../runtime/maybe-async.ts';
import { withChecksums } from '../s3/checksum.ts';
import { s3Clock } from '../s3/clock-offset.ts';
import { endpointOf, isAwsOrigin } from '../s3/endpoint.ts';
import { withIfRange } from '../s3/if-range.ts';
import { createReader } from '../s3/read.ts';
import type { Reader } from '../s3/read.ts';
import { retryingRead } from '../s3/retry/resume.ts';
import { createSigner } from '../s3/signature.ts';
import { createAdmission } from './admission.ts';
import type { CountedAdmission } from './admission.ts';
import type { EventLoopLag } from './event-loop-lag.ts';
import type { RoleAccess } from './role-access.ts';

export interface Steps {
  readonly config: Config;
  readonly admission: CountedAdmission;
  /** A verified token becomes a caller. @throws Fault token_…, signing_keys_unavailable */
  readonly callerOf: (token: string) => MaybeAsync<Caller>;
  readonly accessOf: AccessOf;
  readonly roleAccess: RoleAccess;
  readonly federation: Federation;
  readonly transport: Transport;
  readonly reader: Reader;
}

/** What the steps need and every configuration shares. */
export interface StepResources {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly lag: EventLoopLag;
  /** Called for the first configuration, and for one whose identity or STS differs from the one before. */
  readonly roleAccessFor: (config: Config) => RoleAccess;
}

/** @param previous steps in use until now; a replaced federation and transport close when their requests are done */
export function buildSteps(config: Config, resources: StepResources, previous?: Steps): Steps {
  const isSame = (inputsOf: (config: Config) => unknown): boolean =>
    previous !== undefined && isDeepStrictEqual(inputsOf(previous.config), inputsOf(config));
  const keepOrBuild = <Step>(step: Step | undefined, isUnchanged: boolean, build: () => Step): Step =>
    step !== undefined && isUnchanged ? step : build();

  const isSameIdentity = isSame(assumerIn);
  const isSameStall = isSame(({ limits }) => limits.stallSeconds);
  const isSameVerifier = isSame(({ audiences, certsUrl }) => [audiences, certsUrl]);
  const isSameAdmission = isSame(({ limits }) => [limits.inFlight, limits.perCaller]);

  const admission = keepOrBuild(previous?.admission, isSameAdmission, () =>
    createAdmission(config.limits, resources.lag),
  );
  const callerOf = keepOrBuild(previous?.callerOf, isSameVerifier, () => buildVerifier(config, resources));
  const accessOf = grantIndex(config.grants, config.buckets);
  const roleAccess = keepOrBuild(previous?.roleAccess, isSameIdentity, () => resources.roleAccessFor(config));
  const transport = keepOrBuild(previous?.transport, isSameStall, () =>
    createTransport({ stallMs: config.limits.stallSeconds * 1000, mayReuseAfterHead: isAwsOrigin }),
  );
  const federation = keepOrBuild(previous?.federation, isSameIdentity, () =>
    buildFederation(config, resources, { roleAccess, transport }),
  );
  const reader = buildReader(config, resources, transport);

  if (previous !== undefined) {
    if (isSameIdentity)
      federation.change([...config.roles.values()], unchangedRoles(previous.config, config));
    else previous.federation.close();
    if (!isSameStall) previous.transport.retire();
  }
  return { config, admission, callerOf, accessOf, roleAccess, federation, transport, reader };
}

const assumerIn = ({ identity, aws }: Config): readonly unknown[] => [identity, aws];

function buildVerifier(
  { certsUrl, audiences }: Config,
  { log, metrics }: StepResources,
): (token: string) => MaybeAsync<Caller> {
  const logFault = faultLogger(log);
  const verify = tokenVerifier({
    certsUrl,
    audiences,
    onKeysFailed: (fault) => {
      logFault('WARNING', "Google's keys could not be refreshed; the known ones go on working", fault);
    },
  });
  return authenticator(verify, metrics.token);
}

function buildFederation(
  config: Config,
  { log, metrics }: StepResources,
  { roleAccess, transport }: Pick<Steps, 'roleAccess' | 'transport'>,
): Federation {
  const logFault = faultLogger(log);
  /** The ARNs of roles that have been assumed, by name: a reload may give a name to another role. */
  const assumed = new Map<string, string>();
  return createFederation({
    ...roleAccess,
    roles: [...config.roles.values()],
    onAssumed: (role, fault) => {
      metrics.sts(role.name, fault?.code ?? 'ok');
      if (fault !== undefined) logFault('ERROR', `role ${role.name} could not be assumed`, fault);
      else if (assumed.get(role.name) !== role.arn) {
        assumed.set(role.name, role.arn);
        log('INFO', `role ${role.name} has been assumed`, { role: role.name, roleArn: role.arn });
        warmConnections(config, role, transport);
      }
    },
    onRenewalFailed: (roleName, fault) => {
      logFault(
        'ERROR',
        `credentials of role ${roleName} could not be renewed; the old ones serve while they last`,
        fault,
      );
    },
  });
}

/** Of a role's buckets, each of which may be on a host of its own. */
const MAX_WARMED = 8;

/** Connects to S3 when a role is first assumed, so that the first read does not wait for the handshake. */
function warmConnections({ buckets, aws }: Config, { name }: Role, transport: Transport): void {
  const own = [...buckets.values()].filter(({ role }) => role.name === name);
  for (const bucket of own.slice(0, MAX_WARMED))
    transport.warm(endpointOf(bucket, bucket.region ?? aws.region).origin);
}

/** A signed read with retries, resumes, checksums and If-Range, each around the one before. */
function buildReader(config: Config, { log, metrics }: StepResources, transport: Transport): Reader {
  const { read, regionOf } = createReader({
    transport,
    sign: createSigner(),
    defaultRegion: config.aws.region,
    onRegionLearned: (bucket, region) => {
      log('WARNING', `bucket ${bucket} is in ${region}`, {
        bucket,
        region,
        remedy: `Set the bucket's region to ${region}.`,
      });
    },
    clock: s3Clock((bucket, aheadMs) => {
      const aheadSeconds = Math.round(aheadMs / 1000);
      log('WARNING', `S3's clock is ${aheadSeconds} s ahead of this machine's; requests are signed by S3's`, {
        bucket,
        aheadSeconds,
        remedy:
          "Set this machine's clock: Google's tokens are judged by it. Where it is right, look at the bucket's endpoint.",
      });
    }),
  });
  const stallMs = config.limits.stallSeconds * 1000;
  const retrying = retryingRead(read, { stallMs, onRetry: metrics.s3Retry });
  const verifies = config.buckets.values().some(({ verifyChecksums }) => verifyChecksums);
  return { read: withIfRange(verifies ? withChecksums(retrying) : retrying), regionOf };
}

/** Names of the roles for which nothing changed: who assumes them, their settings, and the buckets and grants that use them. */
export function unchangedRoles(before: Config, after: Config): ReadonlySet<string> {
  if (!isDeepStrictEqual(assumerIn(before), assumerIn(after))) return new Set();
  const names = [...after.roles.keys()];
  return new Set(names.filter((name) => isDeepStrictEqual(usesOf(before, name), usesOf(after, name))));
}

function usesOf({ roles, buckets, grants }: Config, name: string): readonly unknown[] {
  const own = [...buckets.values()].filter(({ role }) => role.name === name);
  const names = new Set(own.map((bucket) => bucket.name));
  return [roles.get(name), own, grants.filter(({ bucket }) => names.has(bucket))];
}
