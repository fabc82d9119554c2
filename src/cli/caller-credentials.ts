// `fedbridge caller-credentials --audience URL`: prints a caller's identity token for the `credential_process` of the AWS SDKs.
// deploy/caller-credentials.sh does the same without Node; a test checks that their output is identical.
import { LATEST_MS, tokenCredentials } from '../auth/token-credentials.ts';
import { tokenProblem } from '../caller/token-problem.ts';
import { describeProblem } from '../config/problem.ts';
import { asFault, Fault } from '../errors/fault.ts';
import type { IdentityToken } from '../identity/identity-token.ts';
import { metadataServer } from '../identity/metadata.ts';
import { readArguments, UsageError, wantsHelp } from './arguments.ts';
import { write } from './print-result.ts';

const WRONG_USAGE =
  "fedbridge caller-credentials: --audience is required, and no other argument is accepted. Give the audience that the bridge's operator chose.";

const USAGE = `Usage: fedbridge caller-credentials --audience URL

Prints credentials for S3 clients. The session token is this machine's Google ID token for audience URL.
In ~/.aws/config:  credential_process = fedbridge caller-credentials --audience URL
`;

/**
 * Ends the process, because gcp-metadata keeps retrying after the deadline. The exit code is 0 if credentials were printed, 1
 * if there is no token, and 2 for wrong usage. On failure, nothing is written to standard output; errors go to standard error.
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
      `fedbridge caller-credentials: ${describeProblem(tokenProblem(asFault(error)))}\n`,
    );
    return process.exit(1);
  }
  await write(process.stdout, output);
  return process.exit(0);
}

/** Returns the value of `--audience`; undefined if it is missing or if there are other arguments. */
function audienceOf(args: readonly string[]): string | undefined {
  try {
    return readArguments(args, { options: ['audience'] }).values.audience;
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

function credentials({ jwt, expiresAt }: IdentityToken) {
  if (!(expiresAt <= LATEST_MS)) throw new Fault('metadata_invalid_response');
  return { Version: 1, ...tokenCredentials(jwt, expiresAt) };
}
