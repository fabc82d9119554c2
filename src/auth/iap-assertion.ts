// Authenticates people whom Google's Identity-Aware Proxy (IAP) has signed in: finds IAP's assertion in a request, and defines
// how the assertion is verified and which person it names.
import { GOOGLE_EMAIL, PERSON } from '../config/google-names.ts';
import { Fault } from '../errors/fault.ts';
import type { CallerRequest } from '../runtime/caller-exchange.ts';
import { fetchKeySet, keysFault } from './fetch-keys.ts';
import { issuerKeys } from './issuer-keys.ts';
import { lowerCase } from './trusted-issuer.ts';
import type { OnKeysFailed, TrustedIssuers } from './trusted-issuer.ts';

/**
 * The request header that contains the assertion. IAP sets this header in each request, and replaces any value from the client
 * (IAP, "Securing your app with signed headers").
 */
const ASSERTION_HEADER = 'x-goog-iap-jwt-assertion';

const IAP_ISSUER = 'https://cloud.google.com/iap';

/** The maximum length of an assertion. IAP's own assertions are shorter than 2 KiB. */
const MAX_ASSERTION_CHARACTERS = 8192;

/**
 * The name with which faults and log lines refer to IAP. No issuer in the configuration can have this name, because it contains
 * capital letters.
 */
const IAP_NAME = 'IAP';

/**
 * Returns the assertion of a request. Other credentials are ignored, because IAP does not check them.
 * @throws Fault assertion_missing, token_too_large
 */
export function presentedAssertion({ headers }: CallerRequest): string {
  const { [ASSERTION_HEADER]: assertion } = headers;
  if (typeof assertion !== 'string' || assertion === '') throw new Fault('assertion_missing');
  if (assertion.length > MAX_ASSERTION_CHARACTERS) throw new Fault('token_too_large');
  return assertion;
}

/**
 * Converts every fault about the token to `assertion_invalid`, because the person can only reload the page, whatever the
 * problem is. The detail `check` contains the original code.
 */
export function assertionFault(fault: Fault): Fault {
  const { code, detail } = fault;
  return code.startsWith('token_') ? new Fault('assertion_invalid', { check: code, ...detail }) : fault;
}

/**
 * Returns IAP as the only trusted issuer. IAP's assertions never name a Google account by its unique ID, and no ID token can
 * name a person, so a person and a service account are never the same caller.
 * @param options.keysUrl the URL of IAP's JSON Web Key Set
 * @param options.audience the only accepted audience
 * @param previous the issuers in use until now; their keys are kept if they come from the same URL
 */
export function iapIssuer(
  options: { readonly keysUrl: string; readonly audience: string; readonly onKeysFailed: OnKeysFailed },
  previous?: TrustedIssuers,
): TrustedIssuers {
  const { keysUrl, audience, onKeysFailed } = options;
  const known = previous?.google.keysSource === keysUrl ? previous.google.keys : undefined;
  return {
    google: {
      name: IAP_NAME,
      urls: [IAP_ISSUER],
      audiences: [audience],
      algorithms: ['ES256'],
      keysSource: keysUrl,
      keys:
        known ??
        issuerKeys({
          url: new URL(keysUrl),
          fetch: fetchKeySet,
          faultOf: (error) => keysFault(error, IAP_NAME),
          waitsForRefresh: false,
          onKeysFailed: (fault, isFirst) => {
            onKeysFailed(fault, { issuer: IAP_NAME, isFirst });
          },
        }),
      callerOf: (subject, { email }) => {
        if (!GOOGLE_SUBJECT.test(subject) || typeof email !== 'string') return undefined;
        const address = lowerCase(email);
        return GOOGLE_EMAIL.test(address) ? { subject: `${PERSON}:${address}`, issuer: PERSON } : undefined;
      },
    },
    others: [],
  };
}

/**
 * Matches the subject of a person with a Google account. The subject of a person whom a different identity provider has signed
 * in begins with the name of that provider (IAP, "Using Identity Platform"). Such people are rejected, because they may have
 * chosen their email themselves.
 */
const GOOGLE_SUBJECT = /^accounts\.google\.com:\d{1,255}$/;
