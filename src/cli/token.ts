// `fedbridge token`: the identity token that the bridge would show to STS, decoded; the token itself only where it is asked for.
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

  --audience AUDIENCE  whom it is for: aws.audience of the configuration, else fedbridge
  --config FILE        the configuration, in the place of FEDBRIDGE_CONFIG
  --raw                the token itself instead. It is a secret: who has it can be the bridge for an hour
`;

/** Ends the process, see {@link printResult}. */
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
    const fix = '`fedbridge whoami` says who it is at AWS. For a token name metadata, impersonate or file.';
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
    // Only the claims are known to be JSON.
    header: header ?? null,
    claims,
    // In JSON null if it is not a time: nobody has verified the token.
    expires: new Date(expiresAt),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
