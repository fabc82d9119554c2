// The types of a valid configuration. This file imports nothing, so that every other file can import it.

/** A kind of read that a grant allows. */
export type ReadAction = 'get' | 'list' | 'versions' | 'tags' | 'attributes';

/** What a grant allows. `vend` lets callers also obtain AWS credentials that allow the grant's reads. */
export type Action = ReadAction | 'vend';

/** One way to name callers in a grant. An email matches only if Google has verified the caller's email. */
export type CallerPattern =
  | { readonly kind: 'email'; readonly email: string }
  | { readonly kind: 'id'; readonly uniqueId: string }
  | { readonly kind: 'email-and-id'; readonly email: string; readonly uniqueId: string }
  | { readonly kind: 'project'; readonly project: string }
  /** A caller of a configured issuer. `subject` is spelled as in the configuration: NAMESPACE/SERVICEACCOUNT for Kubernetes. */
  | { readonly kind: 'issued'; readonly issuer: string; readonly subject: string }
  /** A person who uses the console. Only an assertion of Identity-Aware Proxy matches, never a token. */
  | { readonly kind: 'user'; readonly email: string };

/** An issuer of callers' tokens other than Google. */
export interface Issuer {
  /** The name in the configuration, with which grants refer to the issuer. The name contains no colon. */
  readonly name: string;
  readonly kind: 'kubernetes' | 'generic';
  /** The exact `iss` claim of the issuer's tokens. */
  readonly url: string;
  readonly audiences: readonly string[];
  /** The URL of the issuer's JSON Web Key Set; undefined if the issuer's discovery document names it. */
  readonly jwks?: string;
}

/** The keys that a grant covers: a whole bucket, a prefix that ends with '/', or exactly one key. */
export type Scope =
  | { readonly kind: 'bucket' }
  | { readonly kind: 'prefix'; readonly prefix: string }
  | { readonly kind: 'key'; readonly key: string };

export interface Grant {
  /** The grant's position in the configuration, from 0. */
  readonly position: number;
  readonly callers: readonly CallerPattern[];
  readonly allow: readonly Action[];
  /** The bucket's name, which is a key of {@link Config.buckets}. */
  readonly bucket: string;
  readonly scope: Scope;
}

/** A chained role, which is assumed with the credentials of the previous role in the chain (`sts:AssumeRole`). */
export interface Hop {
  readonly arn: string;
  readonly externalId?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly callerTags: boolean;
  readonly transitiveTags: readonly string[];
  readonly sourceIdentity?: 'caller';
}

export interface Role {
  /** The role's name in the configuration. */
  readonly name: string;
  readonly arn: string;
  readonly durationSeconds: number;
  /** Whether the session name in CloudTrail identifies the caller or this bridge. */
  readonly session: 'caller' | 'bridge';
  readonly then: readonly Hop[];
}

export interface Bucket {
  /** The name that callers use for the bucket. */
  readonly name: string;
  readonly role: Role;
  /** The bucket's name in S3, or the ARN of an access point. */
  readonly target: string;
  /** The bucket's region. If absent, the bridge first tries `aws.region`, and then learns the actual region from S3. */
  readonly region?: string;
  /** The origin (scheme, host, port) of an S3 server to use instead of the region's own endpoint. */
  readonly endpoint?: string;
  /** The origin of a CloudFront distribution through which objects are read. */
  readonly via?: string;
  readonly requesterPays: boolean;
  readonly expectedOwner?: string;
  readonly kmsKeys: readonly string[];
  /** Whether to compare whole objects with the checksums that S3 stores. */
  readonly verifyChecksums: boolean;
  /** Whether the objects may be cached, if there is a cache. */
  readonly cache: boolean;
}

/** A limit on the bytes that each of the callers may receive from S3 per UTC day. */
export interface Budget {
  readonly callers: readonly CallerPattern[];
  readonly bytesPerDay: number;
  /** The fraction of `bytesPerDay` at which the bridge logs a warning: above 0, at most 1. */
  readonly warnAt: number;
}

/** The path by which bytes leave AWS: S3's own endpoint, CloudFront, or a bucket's own `endpoint` (PrivateLink). */
export type EgressPath = 'internet' | 'cloudfront' | 'endpoint';

/** Prices in US dollars per GB, by region; they replace the built-in list prices. */
export type EgressPrices = ReadonlyMap<string, Readonly<Partial<Record<EgressPath, number | undefined>>>>;

/** The source of the bridge's own identity. */
export type IdentitySource =
  | { readonly kind: 'metadata' }
  | { readonly kind: 'impersonate'; readonly email: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'profile'; readonly name: string };

/** Cloud Run is detected by its variables. Every other platform is a `machine`; only the metadata server can identify it. */
export type Platform =
  | { readonly kind: 'cloud-run'; readonly service: string; readonly revision: string }
  | { readonly kind: 'machine' };

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

/** The settings for traces, which are read from OpenTelemetry's standard variables. */
export interface TraceSettings {
  /** The URL of the collector for traces (OTLP over HTTP). */
  readonly url: string;
  /** Headers for the collector. The headers may contain keys, so they must not be logged. */
  readonly headers: Readonly<Record<string, string>>;
  /** The attributes of the service, which include `service.name`. */
  readonly resource: Readonly<Record<string, string>>;
  readonly sampler: {
    /** Whether the decision in the caller's trace context applies, if the request has a trace context. */
    readonly parentBased: boolean;
    /** The fraction to trace, from 0 to 1, of the requests to which no trace context's decision applies. */
    readonly ratio: number;
  };
  /** How long a finished trace may wait, so that several traces are sent together. */
  readonly delayMs: number;
}

export interface CacheConfig {
  readonly memoryBytes: number;
  /** How long S3's confirmation of an object is valid for the same session, version and action. */
  readonly freshForSeconds: number;
  /** Whether objects that are encrypted with KMS keys may be cached in memory. */
  readonly kms: 'never' | 'memory';
}

export interface Config {
  readonly listen: {
    readonly host: string;
    readonly port: number;
    readonly reusePort: boolean;
    /** A separate port, on which `/-/metrics` requires no token. */
    readonly metrics?: { readonly host: string; readonly port: number };
  };
  readonly platform: Platform;
  readonly logLevel: LogLevel;
  /** The settings for traces; undefined if the bridge sends no traces. */
  readonly traces?: TraceSettings;
  /** The accepted audiences of callers' tokens, which never include `aws.audience`. */
  readonly audiences: readonly string[];
  /** The URL of Google's JSON Web Key Set. */
  readonly certsUrl: string;
  /** The URL of the JSON Web Key Set of Google's Identity-Aware Proxy. */
  readonly iapKeysUrl: string;
  /** Issuers whose tokens are accepted in addition to Google's. */
  readonly issuers: readonly Issuer[];
  readonly identity: IdentitySource;
  /** An origin that replaces the origins of Google's OAuth and IAM Credentials APIs, which impersonation uses. */
  readonly googleApis?: string;
  readonly aws: {
    readonly region: string;
    readonly audience: string;
    /** The STS endpoint to use instead of the region's own endpoint. */
    readonly stsEndpoint?: string;
  };
  readonly roles: ReadonlyMap<string, Role>;
  readonly buckets: ReadonlyMap<string, Bucket>;
  readonly grants: readonly Grant[];
  /** The egress budgets. If several budgets match a caller, all of them apply. */
  readonly budgets: readonly Budget[];
  readonly egressPrices: EgressPrices;
  /** Callers that may read `/-/egress`, and `/-/metrics` if it has no separate port. */
  readonly operators: readonly CallerPattern[];
  /** The largest size in bytes at which an HTTP/1 response still has a Content-Length; Infinity if there is no limit. */
  readonly chunkAbove: number;
  /** Whether responses have a Server-Timing header. */
  readonly serverTiming: boolean;
  readonly readAhead: {
    /** The maximum number of connections to S3 for one response; 1 if the bridge does not read ahead. */
    readonly connections: number;
    readonly memoryBytes: number;
  };
  /** The web page for people, which runs as a service of its own. */
  readonly console?: { readonly audience: string };
  /** The settings of the cache; absent if there is no cache. */
  readonly cache?: CacheConfig;
  readonly cors?: { readonly origins: readonly string[]; readonly maxAgeSeconds: number };
  readonly limits: {
    readonly inFlight: number;
    readonly perCaller: number;
    readonly stallSeconds: number;
    readonly drainSeconds: number;
  };
}
