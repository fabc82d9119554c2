// The rules for each issuer's tokens: its URLs, audiences, algorithms and keys, and how its claims become a caller.
import type { JWTPayload } from 'jose';
import { GOOGLE_ISSUERS } from '../config/google-names.ts';
import type { Issuer } from '../config/types.ts';
import type { Fault } from '../errors/fault.ts';
import { fetchKeySet, fetchKeysOf, keysFault } from './fetch-keys.ts';
import { issuerKeys } from './issuer-keys.ts';
import type { IssuerKeys } from './issuer-keys.ts';
import type { Caller } from './caller.ts';

export interface TrustedIssuer {
  /** The name in the configuration; undefined for Google. */
  readonly name: string | undefined;
  /** The accepted `iss` claims. */
  readonly urls: readonly string[];
  readonly audiences: readonly string[];
  /** JWS algorithms with which the issuer may sign. */
  readonly algorithms: readonly string[];
  readonly keys: IssuerKeys;
  /** The source of `keys`. This text is used only to detect whether a reload has changed the source. */
  readonly keysSource: string;
  /** @returns the caller that the claims name; undefined if the issuer does not use subjects of this form */
  callerOf(subject: string, claims: JWTPayload): Caller | undefined;
}

/** Called if an issuer's keys could not be fetched in the background. */
export type OnKeysFailed = (
  fault: Fault,
  about: {
    /** The name of the issuer; undefined for Google. */
    readonly issuer: string | undefined;
    /** Whether the bridge has no keys of this issuer yet. Otherwise, the known keys stay in use. */
    readonly isFirst: boolean;
  },
) => void;

/** The issuers whose tokens are accepted: Google, and the issuers in the configuration. */
export interface TrustedIssuers {
  /** The issuer of Google's ID tokens; on the console, Google's Identity-Aware Proxy. */
  readonly google: TrustedIssuer;
  readonly others: readonly TrustedIssuer[];
}

/**
 * @param options.certsUrl URL of Google's JSON Web Key Set
 * @param options.audiences accepted audiences of Google's tokens; a token must have one of them
 * @param options.issuers issuers other than Google
 * @param previous the issuers in use until now; keys whose URL has not changed are kept, so that callers do not depend on a new
 * fetch
 */
export function trustedIssuers(
  options: {
    readonly certsUrl: string;
    readonly audiences: readonly string[];
    readonly issuers: readonly Issuer[];
    readonly onKeysFailed: OnKeysFailed;
  },
  previous?: TrustedIssuers,
): TrustedIssuers {
  const known = previous === undefined ? [] : [previous.google, ...previous.others];
  const knownKeys: KnownKeys = (name, keysSource) =>
    known.find((issuer) => issuer.name === name && issuer.keysSource === keysSource)?.keys;
  return {
    google: googleIssuer(options, knownKeys),
    others: options.issuers.map((issuer) => otherIssuer(issuer, options.onKeysFailed, knownKeys)),
  };
}

type KnownKeys = (name: string | undefined, keysSource: string) => IssuerKeys | undefined;

function googleIssuer(
  options: {
    readonly certsUrl: string;
    readonly audiences: readonly string[];
    readonly onKeysFailed: OnKeysFailed;
  },
  knownKeys: KnownKeys,
): TrustedIssuer {
  const keysSource = options.certsUrl;
  return {
    name: undefined,
    urls: GOOGLE_ISSUERS,
    audiences: options.audiences,
    algorithms: ['RS256'],
    keysSource,
    keys:
      knownKeys(undefined, keysSource) ??
      issuerKeys({
        url: new URL(keysSource),
        fetch: fetchKeySet,
        faultOf: (error) => keysFault(error, undefined),
        waitsForRefresh: false,
        onKeysFailed: (fault, isFirst) => {
          options.onKeysFailed(fault, { issuer: undefined, isFirst });
        },
      }),
    // Rejects a subject with a colon, which would look like another issuer's caller. Google's own subjects contain only digits.
    callerOf: (subject, claims) => (/^[^:]+$/.test(subject) ? googleCaller(subject, claims) : undefined),
  };
}

function googleCaller(subject: string, claims: JWTPayload): Caller {
  const { email, email_verified: verified } = claims;
  return typeof email === 'string' && verified === true ? { subject, email: lowerCase(email) } : { subject };
}

/**
 * Converts ASCII letters only: `toLowerCase` turns the Kelvin sign into an ASCII k, which could turn one person's address into
 * another's.
 */
export const lowerCase = (email: string): string => email.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

function otherIssuer(issuer: Issuer, onKeysFailed: OnKeysFailed, knownKeys: KnownKeys): TrustedIssuer {
  const { name, url, audiences, jwks } = issuer;
  const keysSource = jwks ?? `discovery at ${url}`;
  const subjectIn = issuer.kind === 'kubernetes' ? serviceAccountIn : (subject: string) => subject;
  return {
    name,
    urls: [url],
    audiences,
    algorithms: ['RS256', 'ES256'],
    keysSource,
    keys:
      knownKeys(name, keysSource) ??
      issuerKeys({
        url: new URL(jwks ?? url),
        fetch: fetchKeysOf(issuer),
        faultOf: (error) => keysFault(error, name),
        waitsForRefresh: true,
        onKeysFailed: (fault, isFirst) => {
          onKeysFailed(fault, { issuer: name, isFirst });
        },
      }),
    callerOf: (claimed) => {
      const subject = subjectIn(claimed);
      return subject === undefined || !IS_SUBJECT.test(subject)
        ? undefined
        : { subject: `${name}:${subject}`, issuer: name };
    },
  };
}

/**
 * Matches a valid subject, which has at most 255 ASCII characters (OpenID Connect Core 1.0, "ID Token"). Other characters could
 * not be logged and compared reliably.
 */
const IS_SUBJECT = /^[ -~]{1,255}$/;

/**
 * Returns NAMESPACE/SERVICEACCOUNT for the subject of a Kubernetes token. Different subjects lead to different results, because
 * neither name contains a colon or a slash (Kubernetes, "Service account tokens").
 */
function serviceAccountIn(subject: string): string | undefined {
  const [, namespace, name] = /^system:serviceaccount:([a-z0-9-]+):([a-z0-9.-]+)$/.exec(subject) ?? [];
  return namespace === undefined || name === undefined ? undefined : `${namespace}/${name}`;
}
