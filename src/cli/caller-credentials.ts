// `fedbridge caller-credentials --audience URL`: a caller's identity token, as the AWS SDKs' `credential_process` wants it.
// deploy/caller-credentials.sh does the same where there is no Node; a test holds the two to the same bytes.
import { describeProblem } from '../config/problem.ts';
import type { Problem } from '../config/problem.ts';
import type { FaultCode } from '../errors/table.ts';
import { asFault, Fault } from '../errors/fault.ts';
import type { FaultDetail } from '../errors/fault.ts';
import type { IdentityToken } from '../identity/identity-token.ts';
import { metadataServer } from '../identity/metadata.ts';
import { readArguments, UsageError, wantsHelp } from './arguments.ts';
import { write } from './print-result.ts';

const WRONG_USAGE =
  "fedbridge caller-credentials: --audience: must be given, and nothing else. Its value is the audience that the bridge's operator chose.";

const USAGE = `Usage: fedbridge caller-credentials --audience URL

Prints credentials for S3 clients, whose session token is a Google ID token of this machine for URL.
In ~/.aws/config:  credential_process = fedbridge caller-credentials --audience URL
`;

/** They sign requests, and the bridge looks at no signature: the token alone counts. */
const PLACEHOLDER_KEYS = { AccessKeyId: 'fedbridge', SecretAccessKey: 'not-a-secret' };

/** The end of the year 9999: later ones have no four digits for a year. */
const LATEST_MS = 253_402_300_799_000;

/**
 * Ends the process, as gcp-metadata goes on trying behind our deadline and nobody should wait for that: with 0, the credentials
 * on standard output; 1, no token; 2, wrong usage. Errors go to standard error, with nothing on standard output.
 */
export async function callerCredentials(args: readonly string[]): Promise<never> {
  if (wantsHelp(args)) {
    await write(process.stdout, USAGE);
    return process.exit(0);
  }
  const audience = audienceOf(args);
  if (audience === undefined) {
    await write(process.stderr, `${WRONG_USAGE}\n${USAGE}`);
    return process.exit(2);
  }
  let output: string;
  try {
    output = `${JSON.stringify(credentials(await metadataServer().identityToken(audience)))}\n`;
  } catch (error) {
    await write(
      process.stderr,
      `fedbridge caller-credentials: ${describeProblem(problemOf(asFault(error)))}\n`,
    );
    return process.exit(1);
  }
  await write(process.stdout, output);
  return process.exit(0);
}

/** Undefined unless the arguments are exactly one audience. */
function audienceOf(args: readonly string[]): string | undefined {
  try {
    return readArguments(args, { options: ['audience'] }).values.audience;
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

/**
 * `Expiration` is the token's own end, neither earlier nor later. Earlier would be no safer, as the metadata server gives the
 * same token until about four minutes before its end: SDKs would ask in vain for longer, and botocore and the JS SDK give up
 * on credentials that come out of a refresh expired. Later, SDKs that refresh on the second would send an expired token.
 */
function credentials({ jwt, expiresAt }: IdentityToken) {
  if (!(expiresAt <= LATEST_MS)) throw new Fault('metadata_invalid_response');
  const Expiration = `${new Date(expiresAt).toISOString().slice(0, -'.000Z'.length)}Z`;
  // SDKs would say so too, but not what to do about it.
  if (expiresAt <= Date.now()) throw new Fault('token_expired', { expiration: Expiration });
  return { Version: 1, ...PLACEHOLDER_KEYS, SessionToken: jwt, Expiration };
}

const OFF_GOOGLE_CLOUD =
  'Off Google Cloud there is none: impersonate a service account, as docs/clients.md says.';

const refusedBy = ({ status }: FaultDetail): Problem => ({
  field: 'metadata server',
  rule: `must answer with status 200, and answered with ${String(status)}`,
  fix: 'Try again; if it lasts, check GCE_METADATA_HOST.',
});

/** Faults in the words of whoever runs an S3 client: the table of faults speaks to the bridge's operator. */
const PROBLEMS: Partial<Record<FaultCode, (detail: FaultDetail) => Problem>> = {
  metadata_timeout: () => ({
    field: 'metadata server',
    rule: 'must answer within 5 s, and did not',
    fix: `Try again; if it lasts, restart the machine. ${OFF_GOOGLE_CLOUD}`,
  }),
  metadata_unreachable: () => ({
    field: 'metadata server',
    rule: 'must be reachable, and is not',
    fix: `On Google Cloud check GCE_METADATA_HOST. ${OFF_GOOGLE_CLOUD}`,
  }),
  metadata_no_account: () => ({
    field: 'metadata server',
    rule: 'must know a service account, and knows none',
    fix: 'Attach one to this machine or service; on GKE, link the Kubernetes service account to one.',
  }),
  metadata_refused: refusedBy,
  metadata_workload_identity_denied: refusedBy,
  metadata_invalid_response: () => ({
    field: 'metadata server',
    rule: 'must answer with an ID token, and answered with something else',
    fix: 'Check GCE_METADATA_HOST: is something else listening there?',
  }),
  token_expired: ({ expiration }) => ({
    field: 'identity token',
    rule: `must still be valid, and ended at ${String(expiration)}`,
    fix: "Set this machine's clock.",
  }),
};

const BUG: Problem = { field: 'fedbridge', rule: 'failed', fix: 'This is a bug: please report it.' };

const problemOf = ({ code, detail }: Fault): Problem => PROBLEMS[code]?.(detail) ?? BUG;
