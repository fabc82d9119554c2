// Builds the configuration from a valid document and the environment: resolves names and fills in defaults.
import type { Bucket, Config, Grant, IdentitySource, Platform, Role, Scope } from './types.ts';
import { regionOfTarget } from './aws-names.ts';
import type { Settings } from './environment.ts';
import type { ValidDocument } from './schema.ts';

/**
 * The default of `responses.chunkAbove` on Cloud Run, which aborts HTTP/1 responses with a Content-Length above 32 MiB. The
 * default is a little lower, to leave room for headers.
 */
const CLOUD_RUN_CHUNK_ABOVE_BYTES = 32_000_000;

/** The default of `limits.perCaller`. */
const REQUESTS_PER_CALLER = 200;

/** @throws Error if the document was not cross-checked, which would be a bug in the bridge */
export function resolveConfig(document: ValidDocument, settings: Settings, platform: Platform): Config {
  const region = document.aws.region ?? settings.AWS_REGION;
  if (region === undefined) throw new Error('the configuration was used before its region was checked');
  const roles = new Map(
    Object.entries(document.roles).map(([name, role]) => [name, resolveRole(name, role)]),
  );
  return {
    listen: {
      host: settings.FEDBRIDGE_HOST ?? (platform.kind === 'cloud-run' ? '0.0.0.0' : '127.0.0.1'),
      port: settings.PORT,
      reusePort: settings.FEDBRIDGE_REUSE_PORT === '1',
      ...(settings.FEDBRIDGE_METRICS_PORT === undefined
        ? {}
        : { metrics: { host: settings.FEDBRIDGE_METRICS_HOST, port: settings.FEDBRIDGE_METRICS_PORT } }),
    },
    platform,
    logLevel: settings.LOG_LEVEL,
    ...(settings.traces === undefined ? {} : { traces: settings.traces }),
    audiences: [document.audience].flat(),
    certsUrl: settings.FEDBRIDGE_GOOGLE_CERTS,
    iapKeysUrl: settings.FEDBRIDGE_IAP_KEYS,
    issuers: document.issuers.map(({ audience, ...issuer }) => ({
      ...issuer,
      audiences: [audience ?? document.audience].flat(),
    })),
    identity: resolveIdentity(document.identity, settings),
    ...(settings.FEDBRIDGE_GOOGLE_APIS === undefined ? {} : { googleApis: settings.FEDBRIDGE_GOOGLE_APIS }),
    aws: {
      region,
      audience: document.aws.audience,
      ...(settings.AWS_ENDPOINT_URL_STS === undefined ? {} : { stsEndpoint: settings.AWS_ENDPOINT_URL_STS }),
    },
    roles,
    buckets: new Map(
      Object.entries(document.buckets).map(([name, bucket]) => [
        name,
        resolveBucket(name, bucket, { roles, settings }),
      ]),
    ),
    grants: document.grants.map(resolveGrant),
    budgets: document.budgets,
    egressPrices: new Map(Object.entries(document.egress.prices)),
    operators: document.operators,
    chunkAbove:
      document.responses.chunkAbove ??
      (platform.kind === 'cloud-run' ? CLOUD_RUN_CHUNK_ABOVE_BYTES : Number.POSITIVE_INFINITY),
    serverTiming: document.responses.serverTiming,
    readAhead: {
      connections: document.readAhead.connections,
      memoryBytes: document.readAhead.memory,
    },
    ...(document.console === undefined ? {} : { console: document.console }),
    ...(document.cache === undefined
      ? {}
      : {
          cache: {
            memoryBytes: document.cache.memory,
            freshForSeconds: document.cache.freshFor,
            kms: document.cache.kms,
          },
        }),
    ...(document.cors === undefined
      ? {}
      : { cors: { origins: document.cors.origins, maxAgeSeconds: document.cors.maxAge } }),
    limits: {
      inFlight: document.limits.inFlight,
      perCaller: document.limits.perCaller ?? Math.min(REQUESTS_PER_CALLER, document.limits.inFlight),
      stallSeconds: document.limits.stall,
      drainSeconds: document.limits.drain,
    },
  };
}

function resolveIdentity(
  identity: ValidDocument['identity'],
  { AWS_PROFILE: fallback }: Settings,
): IdentitySource {
  // If the configuration contains `identity: metadata`, `identity` is an empty map instead of undefined, so AWS_PROFILE is
  // ignored.
  const { impersonate, file, profile } = identity ?? (fallback === undefined ? {} : { profile: fallback });
  if (impersonate !== undefined) return { kind: 'impersonate', email: impersonate };
  if (file !== undefined) return { kind: 'file', path: file };
  return profile === undefined ? { kind: 'metadata' } : { kind: 'profile', name: profile };
}

function resolveRole(name: string, { arn, duration, session, then }: ValidDocument['roles'][string]): Role {
  return { name, arn, durationSeconds: duration, session, then };
}

function resolveBucket(
  name: string,
  {
    role: roleName,
    target = name,
    region = regionOfTarget(target),
    endpoint,
    ...rest
  }: ValidDocument['buckets'][string],
  context: { readonly roles: ReadonlyMap<string, Role>; readonly settings: Settings },
): Bucket {
  const { roles, settings } = context;
  const { AWS_ENDPOINT_URL_S3: commonEndpoint } = settings;
  const role = roles.get(roleName);
  if (role === undefined) throw new Error('the configuration was used before its role names were checked');
  const origin = endpoint ?? commonEndpoint;
  return {
    name,
    role,
    target,
    ...(region === undefined ? {} : { region }),
    ...(origin === undefined ? {} : { endpoint: origin }),
    ...rest,
  };
}

function resolveGrant(
  { callers, allow, bucket, prefix, key }: ValidDocument['grants'][number],
  position: number,
): Grant {
  let scope: Scope = { kind: 'bucket' };
  if (prefix !== undefined) scope = { kind: 'prefix', prefix };
  if (key !== undefined) scope = { kind: 'key', key };
  return { position, callers, allow, bucket, scope };
}
