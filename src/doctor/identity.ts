// Looks at who the bridge is: whether it gets an identity token, and whether AWS can make anything of its claims.
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

/** STS calls take a moment, and the metadata server may hand out a token for its whole life. */
const SHORT_SECONDS = 60;
/** Google's ID tokens live an hour (Compute Engine, "Verify the identity of instances"); the rest is what clocks may differ by. */
const LONG_SECONDS = 3600 + 60;

/** @param googleAheadMs milliseconds that Google's clock is ahead of ours; 0 where that is not known */
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
        found: 'gives credentials, in the place of a Google identity',
        compared,
      };
    } catch (error) {
      yield failed(step, 'gives no credentials', asFault(error), { compared });
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
    if (silent) yield failed('metadata server', 'gives no identity token', fault);
    else yield failed(step, 'there is none', fault);
    return;
  }
  if (where.status === 'fulfilled' && where.value !== undefined)
    yield { step: 'metadata server', outcome: 'fine', found: 'answers', compared: where.value };
  yield judgeToken(step, fetched.value, { source, audience: aws.audience, googleAheadMs });
}

/** The metadata server works, and there is no account that the bridge may use. */
const HAS_ACCOUNTS: ReadonlySet<FaultCode> = new Set([
  'metadata_no_account',
  'metadata_workload_identity_denied',
]);

/** What the metadata server says of where we run. What it lacks shows where a session needs it. */
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
  // By the clock that wrote the token's end, as ours may be the one that is wrong.
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
  return { step, outcome: 'fine', found: `of ${whose}, unique ID ${escapeText(sub ?? '')}`, compared };
}

type Mistake = Pick<Examination, 'outcome' | 'found' | 'fix'>;

function claimsMistake(token: IdentityToken, { source, audience }: Expected): Mistake | undefined {
  const { azp, aud, sub } = token.claims;
  const issuer = decodeJwt(token.jwt).claims?.['iss'];
  const wrong = (found: string, fix: string): Mistake => ({ outcome: 'wrong', found, fix });
  if (typeof issuer !== 'string') return wrong('issued by nobody, not by Google', ANOTHER_ISSUER);
  if (!GOOGLE_ISSUERS.includes(issuer))
    return wrong(`issued by ${escapeText(issuer)}, not by Google`, ANOTHER_ISSUER);
  if (azp === undefined || !isUniqueId(azp)) {
    return azp?.includes('@') === true
      ? wrong('its azp is an e-mail, not the unique ID', EMAIL_AS_AZP)
      : wrong('it is not of a service account: its azp is no unique ID', PERSONS_TOKEN);
  }
  if (azp !== sub) return wrong('its azp and sub differ', PERSONS_TOKEN);
  if (aud !== audience)
    return wrong(
      `its audience is not ${escapeText(audience)}`,
      `Have ${source.kind === 'file' ? 'what writes the file' : 'its maker'} ask for the audience ${escapeText(audience)} (aws.audience), or set aws.audience, and :oaud in the trust policy, to the token's.`,
    );
  return undefined;
}

const ANOTHER_ISSUER =
  'Let the metadata server or `identity: { impersonate: EMAIL }` make the token: the roles trust tokens of accounts.google.com.';
const EMAIL_AS_AZP =
  'AWS compares azp with accounts.google.com:aud, which pins the unique ID. What impersonates the service account must leave the e-mail out (includeEmail: false), as `identity: { impersonate: EMAIL }` does.';
const PERSONS_TOKEN =
  'A service account’s own token has its unique ID as azp and as sub. A person’s (`gcloud auth print-identity-token`) opens no role: impersonate a service account.';

function lifeMistake(seconds: number, { kind }: IdentitySource): Mistake | undefined {
  if (seconds <= 0)
    return {
      outcome: 'wrong',
      found: `it ended ${-seconds} s ago`,
      fix: kind === 'file' ? FAULTS.token_file_expired.fix : CLOCK_FIX,
    };
  if (seconds > LONG_SECONDS)
    return { outcome: 'doubtful', found: 'it has more left than the hour that they live', fix: CLOCK_FIX };
  return seconds < SHORT_SECONDS
    ? {
        outcome: 'doubtful',
        found: 'it has less than a minute left',
        fix: kind === 'file' ? FAULTS.token_file_expired.fix : SHORT_LIFE_FIX,
      }
    : undefined;
}

const CLOCK_FIX =
  'The clock of what made it is not Google’s: is another metadata server listening at GCE_METADATA_HOST?';
const SHORT_LIFE_FIX =
  'The metadata server gives a new one shortly before the end: ask again in a minute. If this lasts, restart the instance.';
