// The parts that outlive a configuration: each is kept where what it was made from is the same, so that a reload drops no
// credentials, keys, verified tokens or connections but those of what changed.
import { isDeepStrictEqual } from 'node:util';
import { authenticator } from '../auth/authenticate.ts';
import type { Caller } from '../auth/caller.ts';
import { tokenVerifier } from '../auth/verify-token.ts';
import type { Config, Role } from '../config/types.ts';
import { createFederation } from '../federation/federate.ts';
import type { Federation } from '../federation/federate.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { RoleAccess } from './role-access.ts';
import { createAdmission } from './admission.ts';
import type { Admission } from './admission.ts';
import { endpointOf, isAwsOrigin } from '../s3/endpoint.ts';
import type { EventLoopLag } from './event-loop-lag.ts';
import { createTransport } from '../http1/transport.ts';
import type { Transport } from '../http1/transport.ts';
import type { LogFault } from '../observability/log-fault.ts';

export interface ReloadableParts {
  readonly config: Config;
  /** A verified token becomes a caller. @throws Fault token_…, signing_keys_unavailable */
  readonly callerOf: (token: string) => Caller | Promise<Caller>;
  readonly roleAccess: RoleAccess;
  readonly federation: Federation;
  readonly admission: Admission;
  readonly transport: Transport;
}

interface Surroundings {
  readonly metrics: Metrics;
  readonly tell: LogFault;
  readonly lag: EventLoopLag;
  /** For a configuration whose identity or STS differs from the one before. */
  readonly roleAccessFor: (config: Config) => RoleAccess;
}

/**
 * @param before of the configuration that served until now; its parts that do not go on end when what they do is done
 */
export function reloadableParts(
  config: Config,
  { metrics, tell, lag, roleAccessFor }: Surroundings,
  before?: ReloadableParts,
): ReloadableParts {
  const same = (of: (config: Config) => unknown): boolean =>
    before !== undefined && isDeepStrictEqual(of(before.config), of(config));
  const kept = <Part>(part: Part | undefined, isSame: boolean, make: () => Part): Part =>
    part !== undefined && isSame ? part : make();

  const sameIdentity = same(assumerIn);
  const sameStall = same(({ limits }) => limits.stallSeconds);
  const stallMs = config.limits.stallSeconds * 1000;
  const roleAccess = kept(before?.roleAccess, sameIdentity, () => roleAccessFor(config));
  const transport = kept(before?.transport, sameStall, () =>
    createTransport({ stallMs, mayReuseAfterHead: isAwsOrigin }),
  );
  const parts = {
    config,
    callerOf: kept(
      before?.callerOf,
      same(({ audiences, certsUrl }) => [audiences, certsUrl]),
      () => callerOf(config, metrics, tell),
    ),
    roleAccess,
    federation: kept(before?.federation, sameIdentity, () =>
      federation(config, { roleAccess, transport, metrics, tell }),
    ),
    admission: kept(
      before?.admission,
      same(({ limits }) => [limits.inFlight, limits.perCaller]),
      () => createAdmission(config.limits, lag),
    ),
    transport,
  };
  if (before !== undefined) {
    if (sameIdentity)
      parts.federation.change([...config.roles.values()], unchangedRoles(before.config, config));
    else before.federation.close();
    if (!sameStall) before.transport.retire();
  }
  return parts;
}

/** Names of the roles of which nothing has changed: neither who assumes them, nor they, nor the buckets and grants that use them. */
export function unchangedRoles(before: Config, after: Config): ReadonlySet<string> {
  if (!isDeepStrictEqual(assumerIn(before), assumerIn(after))) return new Set();
  const names = [...after.roles.keys()];
  return new Set(names.filter((name) => isDeepStrictEqual(usesOf(before, name), usesOf(after, name))));
}

const assumerIn = ({ identity, aws }: Config): readonly unknown[] => [identity, aws];

function usesOf({ roles, buckets, grants }: Config, name: string): readonly unknown[] {
  const own = [...buckets.values()].filter(({ role }) => role.name === name);
  const names = new Set(own.map((bucket) => bucket.name));
  const role: Role | undefined = roles.get(name);
  return [role, own, grants.filter(({ bucket }) => names.has(bucket))];
}

/** Of a role's buckets, so many: each may be a host of its own. */
const MOST_WARMED = 8;

/** So that the first reads with a role's credentials, which are to come, need not wait for a connection to S3. */
function warmConnections({ buckets, aws }: Config, { name }: Role, transport: Transport): void {
  const own = [...buckets.values()].filter(({ role }) => role.name === name);
  for (const bucket of own.slice(0, MOST_WARMED))
    transport.warm(endpointOf(bucket, bucket.region ?? aws.region).origin);
}

function callerOf(
  { certsUrl, audiences }: Config,
  metrics: Metrics,
  tell: LogFault,
): (token: string) => Caller | Promise<Caller> {
  const verify = tokenVerifier({
    certsUrl,
    audiences,
    onKeysFailed: (fault) => {
      tell('WARNING', "Google's keys could not be refreshed; the known ones go on working", fault);
    },
  });
  return authenticator(verify, metrics.token);
}

function federation(
  config: Config,
  around: {
    readonly roleAccess: RoleAccess;
    readonly transport: Transport;
    readonly metrics: Metrics;
    readonly tell: LogFault;
  },
): Federation {
  const { roleAccess, transport, metrics, tell } = around;
  const cold = new Set(config.roles.keys());
  return createFederation({
    ...roleAccess,
    roles: [...config.roles.values()],
    onAssumed: (role, fault) => {
      metrics.sts(role.name, fault?.code ?? 'ok');
      if (fault === undefined && cold.delete(role.name)) warmConnections(config, role, transport);
      if (fault !== undefined) tell('ERROR', `role ${role.name} could not be assumed`, fault);
    },
    onRenewalFailed: (roleName, fault) => {
      tell(
        'ERROR',
        `credentials of role ${roleName} could not be renewed; the old ones serve while they last`,
        fault,
      );
    },
  });
}
