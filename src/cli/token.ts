// `fedbridge token`: prints the identity token that the bridge would send to STS, either decoded or, with --raw, as it is.
import { readRoleSettings } from './read-config.ts';
import { ConfigError } from '../config/problem.ts';
import { createIdentity } from '../identity/identity.ts';
import { decodeJwt } from '../identity/identity-token.ts';
import type { IdentityToken } from '../identity/identity-token.ts';
import { readArguments } from './arguments.ts';
import { Failure, printResult } from './print-result.ts';
import type { Result } from './print-result.ts';

const USAGE = `Usage: fedbridge token [--audience AUDIENCE] [--config FILE] [--raw]

Prints the bridge's own identity token, decoded and without its signature.

  --audience AUDIENCE  the token's audience; default: aws.audience in the configuration, otherwise "fedbridge"
  --config FILE        use this configuration instead of FEDBRIDGE_CONFIG
  --raw                print the token itself instead. Keep it secret: anyone holding it can impersonate the bridge for up to an hour
`;

/** Ends the process; see {@link printResult}. */
export function token(args: readonly string[]): Promise<never> {
  return printResult('token', USAGE, async (): Promise<Result> => {
    const { values, switches } = readArguments(args, { options: ['audience', 'config'], switches: ['raw'] });
    const ownToken = await fetchToken(values);
    return { text: switches.has('raw') ? `${ownToken.jwt}\n` : decoded(ownToken), code: 0 };
  });
}

async function fetchToken(options: { audience?: string; config?: string }): Promise<IdentityToken> {
  const settings = readRoleSettings({ file: options.config, ownProfile: true });
  const { identity, aws } = settings;
  if (identity.kind === 'profile') {
    const rule = 'is an AWS profile, which has no identity token';
    const fix =
      "Run `fedbridge whoami` to see the profile's AWS identity. To get an identity token, set `identity` to metadata, impersonate or file.";
    throw new ConfigError([{ field: 'identity', rule, fix }]);
  }
  const { audience = aws.audience } = options;
  try {
    return await createIdentity({ ...settings, identity, aws: { audience } }).token({ refresh: false });
  } catch (error) {
    throw new Failure('there is no identity token', error);
  }
}

function decoded({ jwt, expiresAt }: IdentityToken): string {
  const { header, claims } = decodeJwt(jwt);
  const document = {
    // The claims are valid JSON, but the header might not be.
    header: header ?? null,
    claims,
    // The token is unverified, so its expiry may be an invalid date; JSON represents an invalid date as null.
    expires: new Date(expiresAt),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
