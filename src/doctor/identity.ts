// Checks the bridge's identity: whether it gets an identity token, and whether AWS can use its claims.
import { GOOGLE_ISSUERS } from '../config/google-names.ts';
import type { Config, IdentitySource } from '../config/types.ts';
import { escapeText } from '../config/show.ts';
import { FAULTS } from '../errors/table.ts';
import type { FaultCode } from '../errors/table.ts';
import { asFault } from '../errors/fault.ts';
import type { Identity } from '../identity/identity.ts';
import { decodeJwt } from '../identity/identity-token.ts';
import type { IdentityToken } from '../identity/identity-token.ts';
import type { RoleAccess } from '../server/role-access.ts';
import { isUniqueId } from '../policy/lint/value-rules.ts';
import { failed } from './step-report.ts';
import type { Compared, Examination, Examined } from './step-report.ts';

/**
 * The minimum remaining lifetime of a token. STS calls take a moment, and the metadata server may return a cached token that is
 * about to expire.
 */
const SHORT_SECONDS = 60;
/**
 * The maximum lifetime of a token. Google's ID tokens are valid for an hour (Compute Engine, "Verify the identity of
 * instances"). The additional minute allows for clock differences.
 */
const LONG_SECONDS = 3600 + 60;

/** @param googleAheadMs by how many milliseconds Google's clock is ahead of this machine's clock; 0 if unknown */
export async function* examineIdentity(config: Config, access: RoleAccess, googleAheadMs: number): Examined {
  const { identity: source, aws } = config;
  if (source.kind === 'profile') {
    const step = 'AWS profile';
    const compared = { profile: source.name };
    try {
      await access.prepare();
      yield {
        step,
        outcome: 'fine',
        found: 'provides credentials instead of a Google identity',
        compared,
      };
    } catch (error) {
      yield failed(step, 'provides no credentials', asFault(error), { compared });
    }
  }
  if (access.identity === undefined) return;
  const step = 'identity token';
  const [where, fetched] = await Promise.allSettled([
    locationOf(source, access.identity),
    access.identity.token({ refresh: false }),
  ]);
  if (fetched.status === 'rejected') {
    const fault = asFault(fetched.reason);
    const silent = fault.code.startsWith('metadata_') && !HAS_ACCOUNTS.has(fault.code);
    if (silent) yield failed('metadata server', 'returns no identity token', fault);
    else yield failed(step, 'not available', fault);
    return;
  }
  if (where.status === 'fulfilled' && where.value !== undefined)
    yield { step: 'metadata server', outcome: 'fine', found: 'responds', compared: where.value };
  yield judgeToken(step, fetched.value, { source, audience: aws.audience, googleAheadMs });
}

/** Faults that occur only if the metadata server works but has no account that the bridge may use. */
const HAS_ACCOUNTS: ReadonlySet<FaultCode> = new Set([
  'metadata_no_account',
  'metadata_workload_identity_denied',
]);

/**
 * Returns the project that the metadata server reports for this machine. A missing project is not a problem here; it is
 * reported later if a session needs it.
 */
async function locationOf({ kind }: IdentitySource, identity: Identity): Promise<Compared | undefined> {
  if (kind !== 'metadata') return undefined;
  await identity.names().catch(() => undefined);
  const project = identity.project();
  return project === undefined ? {} : { project };
}

interface Expected {
  readonly source: IdentitySource;
  readonly audience: string;
  readonly googleAheadMs: number;
}

function judgeToken(step: string, token: IdentityToken, expected: Expected): Examination {
  const { azp, aud, sub, email } = token.claims;
  // Compares the token's expiry with Google's clock, because Google has set the expiry, and this machine's clock may be wrong.
  const seconds = Math.round((token.expiresAt - Date.now() - expected.googleAheadMs) / 1000);
  const compared = {
    'accounts.google.com:aud': azp ?? aud ?? 'no azp',
    'accounts.google.com:oaud': aud ?? 'no aud',
    'accounts.google.com:sub': sub ?? 'no sub',
    'seconds left': seconds,
  };
  const mistake = claimsMistake(token, expected) ?? lifeMistake(seconds, expected.source);
  if (mistake !== undefined) return { step, compared, ...mistake };
  const whose = escapeText(email ?? 'a service account');
  return {
    step,
    outcome: 'fine',
    found: `belongs to ${whose}, unique ID ${escapeText(sub ?? '')}`,
    compared,
  };
}

type Mistake = Pick<Examination, 'outcome' | 'found' | 'fix'>;

function claimsMistake(token: IdentityToken, { source, audience }: Expected): Mistake | undefined {
  const { azp, aud, sub } = token.claims;
  const issuer = decodeJwt(token.jwt).claims?.['iss'];
  const wrong = (found: string, fix: string): Mistake => ({ outcome: 'wrong', found, fix });
  if (typeof issuer !== 'string') return wrong('it has no issuer, so it is not from Google', ANOTHER_ISSUER);
  if (!GOOGLE_ISSUERS.includes(issuer))
    return wrong(`issued by ${escapeText(issuer)}, not by Google`, ANOTHER_ISSUER);
  if (azp === undefined || !isUniqueId(azp)) {
    return azp?.includes('@') === true
      ? wrong('its azp is an email, not the unique ID', EMAIL_AS_AZP)
      : wrong('it does not belong to a service account: its azp is not a unique ID', PERSONS_TOKEN);
  }
  if (azp !== sub) return wrong('its azp and sub differ', PERSONS_TOKEN);
  if (aud !== audience)
    return wrong(
      `its audience is not ${escapeText(audience)}`,
      `Configure ${source.kind === 'file' ? 'the program that writes the file' : 'the issuer'} to use the audience ${escapeText(audience)} (aws.audience). Alternatively, set aws.audience, and :oaud in the trust policy, to the token's audience.`,
    );
  return undefined;
}

const ANOTHER_ISSUER =
  'Get the token from the metadata server or with `identity: { impersonate: EMAIL }`: the roles trust only tokens from accounts.google.com.';
const EMAIL_AS_AZP =
  'AWS compares azp with accounts.google.com:aud, which pins the unique ID. The program that impersonates the service account must omit the email (includeEmail: false), as `identity: { impersonate: EMAIL }` does.';
const PERSONS_TOKEN =
  "In a service account's own token, azp and sub are the account's unique ID. A person's token (`gcloud auth print-identity-token`) cannot assume a role: impersonate a service account.";

function lifeMistake(seconds: number, { kind }: IdentitySource): Mistake | undefined {
  if (seconds <= 0)
    return {
      outcome: 'wrong',
      found: `it expired ${-seconds} s ago`,
      fix: kind === 'file' ? FAULTS.token_file_expired.fix : CLOCK_FIX,
    };
  if (seconds > LONG_SECONDS)
    return {
      outcome: 'doubtful',
      found: "it expires in more than an hour, but Google's tokens are valid for only an hour",
      fix: CLOCK_FIX,
    };
  return seconds < SHORT_SECONDS
    ? {
        outcome: 'doubtful',
        found: 'it expires in less than a minute',
        fix: kind === 'file' ? FAULTS.token_file_expired.fix : SHORT_LIFE_FIX,
      }
    : undefined;
}

const CLOCK_FIX =
  "The clock on the server that issued the token differs from Google's: check which server listens at the address in GCE_METADATA_HOST.";
const SHORT_LIFE_FIX =
  'The metadata server issues a new token shortly before the old one expires: rerun the doctor in a minute. If the problem persists, restart the instance.';
