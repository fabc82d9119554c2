// What the bridge is told: the shape of a valid configuration, and `readConfig`, the only reader of the environment.
import { rejectProfileLoop } from './asked-profiles.ts';
import { readDocument } from './document.ts';
import { type Environment, setVariables } from './environment.ts';
import { documentOf, interpret } from './interpret.ts';
import { NO_FILE_VARIABLES } from './no-file.ts';
import { type RoleSettings, documentIn, interpretRoles } from './role-settings.ts';

/** What a grant lets its callers do. */
export type Action = 'get' | 'list' | 'versions' | 'tags' | 'attributes';

/** One way to name callers in a grant. Every e-mail is compared with a *verified* e-mail only. */
export type CallerPattern =
  | { readonly kind: 'email'; readonly email: string }
  | { readonly kind: 'id'; readonly uniqueId: string }
  | { readonly kind: 'email-and-id'; readonly email: string; readonly uniqueId: string }
  | { readonly kind: 'project'; readonly project: string };

/** The keys a grant reaches: all of a bucket, those below a prefix that ends with '/', or exactly one. */
export type Scope =
  | { readonly kind: 'bucket' }
  | { readonly kind: 'prefix'; readonly prefix: string }
  | { readonly kind: 'key'; readonly key: string };

export interface Grant {
  readonly callers: readonly CallerPattern[];
  readonly allow: readonly Action[];
  /** A key of {@link Config.buckets}. */
  readonly bucket: string;
  readonly scope: Scope;
}

/** A further role that the credentials of the one before it assume (`sts:AssumeRole`). */
export interface Hop {
  readonly arn: string;
  readonly externalId?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly callerTags: boolean;
  readonly transitiveTags: readonly string[];
  readonly sourceIdentity?: 'caller';
}

export interface Role {
  /** The name that the configuration gives it. */
  readonly name: string;
  readonly arn: string;
  readonly durationSeconds: number;
  /** Whom CloudTrail names as the session: the caller, or this bridge. */
  readonly session: 'caller' | 'bridge';
  readonly then: readonly Hop[];
}

export interface Bucket {
  /** The name that callers use. */
  readonly name: string;
  readonly role: Role;
  /** S3's name for it: a bucket name or the ARN of an access point. */
  readonly target: string;
  /** Absent: learned, beginning with `aws.region`. */
  readonly region?: string;
  /** Origin (scheme, host, port) of an S3 other than the region's own endpoint. */
  readonly endpoint?: string;
  readonly requesterPays: boolean;
  readonly expectedOwner?: string;
  readonly kmsKeys: readonly string[];
  /** Whether whole objects are compared with the checksums that S3 has of them. */
  readonly verifyChecksums: boolean;
}

/** Where the identity that we present comes from. */
export type IdentitySource =
  | { readonly kind: 'metadata' }
  | { readonly kind: 'impersonate'; readonly email: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'profile'; readonly name: string };

/** Cloud Run says so in its environment; anywhere else the metadata server has to be asked. */
export type Platform =
  | { readonly kind: 'cloud-run'; readonly service: string; readonly revision: string }
  | { readonly kind: 'machine' };

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

export interface Config {
  readonly listen: {
    readonly host: string;
    readonly port: number;
    readonly reusePort: boolean;
    /** Where `/-/metrics` has a port of its own, which asks for no token. */
    readonly metrics?: { readonly host: string; readonly port: number };
  };
  readonly platform: Platform;
  readonly logLevel: LogLevel;
  /** Audiences of which a caller's token must carry one. Never `aws.audience`. */
  readonly audiences: readonly string[];
  /** URL of the JSON Web Key Set that signs callers' tokens. */
  readonly certsUrl: string;
  readonly identity: IdentitySource;
  /** Origin that stands for Google's OAuth and IAM Credentials, for impersonation. */
  readonly googleApis?: string;
  readonly aws: {
    readonly region: string;
    readonly audience: string;
    /** Origin of an STS other than the region's own. */
    readonly stsEndpoint?: string;
  };
  readonly roles: ReadonlyMap<string, Role>;
  readonly buckets: ReadonlyMap<string, Bucket>;
  readonly grants: readonly Grant[];
  /** Who may read `/-/metrics` where it has no port of its own. */
  readonly operators: readonly CallerPattern[];
  /** Above this many bytes an HTTP/1 answer carries no Content-Length; Infinity for never. */
  readonly chunkAbove: number;
  readonly cors?: { readonly origins: readonly string[]; readonly maxAgeSeconds: number };
  readonly limits: {
    readonly inFlight: number;
    readonly perCaller: number;
    readonly stallSeconds: number;
    readonly drainSeconds: number;
  };
}

/**
 * The configuration that the environment names, holds or stands for.
 * @throws ConfigError with every problem at once
 */
export function readConfig(env: Environment = process.env): Config {
  return interpret(documentOf(env), env, readPlatform(env));
}

/** As {@link readConfig}, with a file in the place of what the environment names, holds or stands for. */
export function readConfigIn(file: string | undefined, env: Environment = process.env): Config {
  return file === undefined ? readConfig(env) : interpret(documentIn(file), env, readPlatform(env));
}

/** Whether the environment names, holds or stands for a configuration at all, right or wrong. */
function isConfigured(env: Environment = process.env): boolean {
  const given = setVariables(env);
  return ['FEDBRIDGE_CONFIG', ...NO_FILE_VARIABLES].some((name) => given[name] !== undefined);
}

/**
 * Reads `text` as a file that `FEDBRIDGE_CONFIG` names. Of the environment only what fills gaps of the document counts,
 * and Cloud Run, where a profile must not.
 * @throws ConfigError with every problem at once
 */
export function readConfigDocument(text: string, env: Environment = process.env): Config {
  const { AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL_S3, K_SERVICE } = env;
  const counting = { AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL_S3, K_SERVICE };
  return interpret(readDocument(text), counting, readPlatform(env));
}

/**
 * For commands that act as the bridge: what its configuration says, or where there is none, the variables and defaults.
 * @param options.file in the place of what the environment names, holds or stands for
 * @param options.ownProfile whether AWS_PROFILE says who we are, as elsewhere. Not for a `credential_process`: it finds there
 * the profile that runs it, and would ask that for what it is itself asked for.
 * @throws ConfigError with every problem at once
 */
export function readRoleSettings(
  options: { readonly file: string | undefined; readonly ownProfile: boolean },
  env: Environment = process.env,
): RoleSettings {
  const { file, ownProfile } = options;
  const configured = () => (isConfigured(env) ? documentOf(env) : undefined);
  const document = file === undefined ? configured() : documentIn(file);
  return interpretRoles(document, env, { platform: readPlatform(env), ownProfile });
}

/** As {@link rejectProfileLoop}, for the processes that this one starts. @throws ConfigError */
export function noteProfileInUse(name: string, env = process.env): void {
  rejectProfileLoop(name, env);
}

/** By Cloud Run's own variables: its second generation looks like Compute Engine in every other respect. */
export function readPlatform(env: Environment = process.env): Platform {
  const { K_SERVICE, K_REVISION, CLOUD_RUN_JOB, CLOUD_RUN_EXECUTION } = setVariables(env);
  // Commands run there as jobs.
  const [service, revision = ''] =
    K_SERVICE === undefined ? [CLOUD_RUN_JOB, CLOUD_RUN_EXECUTION] : [K_SERVICE, K_REVISION];
  return service === undefined ? { kind: 'machine' } : { kind: 'cloud-run', service, revision };
}

/** What a child process of ours needs to run and to log as we do, and nothing that would configure or authorise it. */
export function inheritedEnvironment(env: Environment = process.env): Record<string, string> {
  const needed = /^(?:PATH|HOME|XDG_CACHE_HOME|LOG_LEVEL|NO_COLOR|NODE_.*)$/;
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value !== undefined && needed.test(name) ? [[name, value]] : [],
    ),
  );
}
