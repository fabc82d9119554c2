// Builds the steps of a request from the configuration. If a reload does not change a step's inputs, the step is kept, with its
// credentials, keys, verified tokens and connections.
import { isDeepStrictEqual } from 'node:util';
import { authenticator } from '../auth/authenticate.ts';
import type { Caller } from '../auth/caller.ts';
import { grantIndex } from '../auth/grants.ts';
import type { AccessOf } from '../auth/grants.ts';
import type { TrustedIssuers } from '../auth/trusted-issuer.ts';
import { tokenVerifier } from '../auth/verify-token.ts';
import type { CacheStore } from '../cache/cache-store.ts';
import type { Config, Role } from '../config/types.ts';
import { createFederation } from '../federation/federate.ts';
import type { Federation } from '../federation/federate.ts';
import { createTransport } from '../http1/transport.ts';
import type { Transport } from '../http1/transport.ts';
import type { Log } from '../observability/log.ts';
import { faultLogger } from '../observability/log-fields.ts';
import type { Metrics } from '../observability/metrics.ts';
import { endpointOf, isAwsOrigin } from '../s3/endpoint.ts';
import { createBlockPool } from '../s3/read-ahead/block-pool.ts';
import type { BlockPool } from '../s3/read-ahead/block-pool.ts';
import type { Reader } from '../s3/read.ts';
import { cacheFor } from './build-cache.ts';
import { buildReader } from './build-reader.ts';
import { createAdmission } from './admission.ts';
import type { CountedAdmission } from './admission.ts';
import { buildIssuers, issuerInputs } from './build-issuers.ts';
import type { BudgetOf, EgressBudgets } from './egress-budgets.ts';
import type { EventLoopLag } from './event-loop-lag.ts';
import type { RoleAccess } from './role-access.ts';
import type { MaybePromise } from '../runtime/maybe-promise.ts';

export interface Steps {
  readonly config: Config;
  readonly admission: CountedAdmission;
  readonly issuers: TrustedIssuers;
  /** Verifies a token. @throws Fault token_…, signing_keys_unavailable */
  readonly callerOf: (token: string) => MaybePromise<Caller>;
  readonly accessOf: AccessOf;
  readonly roleAccess: RoleAccess;
  readonly federation: Federation;
  readonly transport: Transport;
  /** The memory for reading ahead, which all requests share. */
  readonly readAheadPool: BlockPool;
  readonly reader: Reader;
  /** The cache; absent if no cache is configured. */
  readonly cache: CacheStore | undefined;
  /** Finds a caller's budget; undefined if the configuration has no budgets. */
  readonly budgetOf: BudgetOf | undefined;
}

/** Resources that all configurations share. */
export interface StepResources {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly lag: EventLoopLag;
  readonly budgets: EgressBudgets;
  /** Whether this process is the console, which people reach through Identity-Aware Proxy instead of sending tokens. */
  readonly isConsole: boolean;
  /** Called for the first configuration, and again if a reload changes the settings for the identity or for AWS. */
  readonly roleAccessFor: (config: Config) => RoleAccess;
}

/** @param previous the steps in use until now; a replaced federation or transport closes once its requests are done */
export function buildSteps(config: Config, resources: StepResources, previous?: Steps): Steps {
  const isSame = (inputsOf: (config: Config) => unknown): boolean =>
    previous !== undefined && isDeepStrictEqual(inputsOf(previous.config), inputsOf(config));
  const keepOrBuild = <Step>(step: Step | undefined, isUnchanged: boolean, build: () => Step): Step =>
    step !== undefined && isUnchanged ? step : build();

  const isSameIdentity = isSame(assumerIn);
  const isSameStall = isSame(({ limits }) => limits.stallSeconds);
  const isSameVerifier = isSame(issuerInputs(resources.isConsole));
  const isSameAdmission = isSame(({ limits }) => [limits.inFlight, limits.perCaller]);

  const admission = keepOrBuild(previous?.admission, isSameAdmission, () =>
    createAdmission(config.limits, resources.lag),
  );
  const issuers = keepOrBuild(previous?.issuers, isSameVerifier, () =>
    buildIssuers(config, resources, previous?.issuers),
  );
  const callerOf = keepOrBuild(previous?.callerOf, isSameVerifier, () =>
    authenticator({
      verify: tokenVerifier(issuers),
      issuers: 1 + issuers.others.length,
      onOutcome: resources.metrics.token,
    }),
  );
  const accessOf = grantIndex(config.grants, config.buckets);
  const roleAccess = keepOrBuild(previous?.roleAccess, isSameIdentity, () => resources.roleAccessFor(config));
  const transport = keepOrBuild(previous?.transport, isSameStall, () =>
    createTransport({ stallMs: config.limits.stallSeconds * 1000, mayReuseAfterHead: isAwsOrigin }),
  );
  const federation = keepOrBuild(previous?.federation, isSameIdentity, () =>
    buildFederation(config, resources, { roleAccess, transport }),
  );
  // If a reload changes the limit, responses in progress keep their parts in the previous pool.
  const isSamePool = isSame(({ readAhead }) => readAhead.memoryBytes);
  const readAheadPool = keepOrBuild(previous?.readAheadPool, isSamePool, () =>
    createBlockPool(config.readAhead.memoryBytes),
  );
  const cache = cacheFor(config, resources, previous?.cache);
  const reader = buildReader(config, resources, { transport, readAheadPool, cache });
  const budgetOf = resources.budgets.apply(config.budgets);

  if (previous !== undefined) {
    if (isSameIdentity)
      federation.change([...config.roles.values()], unchangedRoles(previous.config, config));
    else previous.federation.close();
    if (!isSameStall) previous.transport.retire();
  }
  return {
    config,
    admission,
    issuers,
    callerOf,
    accessOf,
    roleAccess,
    federation,
    transport,
    readAheadPool,
    reader,
    budgetOf,
    cache,
  };
}

const assumerIn = ({ identity, aws }: Config): readonly unknown[] => [identity, aws];

function buildFederation(
  config: Config,
  { log, metrics }: StepResources,
  { roleAccess, transport }: Pick<Steps, 'roleAccess' | 'transport'>,
): Federation {
  const logFault = faultLogger(log);
  /**
   * The ARN of each assumed role, by role name. Names are not enough, because a reload may assign a name to a different role.
   */
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
        `credentials of role ${roleName} could not be renewed; the current credentials are used until they expire`,
        fault,
      );
    },
  });
}

/** The maximum number of buckets to connect to for each role. Each bucket may be on a different host. */
const MAX_WARMED = 8;

/** Connects to S3 when a role is first assumed, so that the first read does not wait for the handshake. */
function warmConnections({ buckets, aws }: Config, { name }: Role, transport: Transport): void {
  const own = [...buckets.values()].filter(({ role }) => role.name === name);
  for (const bucket of own.slice(0, MAX_WARMED)) {
    transport.warm(endpointOf(bucket, bucket.region ?? aws.region).origin);
    if (bucket.via !== undefined) transport.warm(bucket.via);
  }
}

/**
 * Returns the names of the roles that a reload does not affect. For these roles, the assuming identity, the role's settings, and
 * the buckets and grants that use the role are all the same as before.
 */
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
