// The types of a valid configuration. They import nothing, so that every part may import them.

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
