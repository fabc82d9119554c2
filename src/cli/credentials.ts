// `fedbridge credentials ROLE`: prints credentials with all of a role's permissions, for a program or a shell.
import { rejectProfileLoop } from '../config/load.ts';
import { readRoleSettings } from './read-config.ts';
import { withRegion } from '../config/role-settings.ts';
import { quoteForShell } from '../config/show.ts';
import type { FaultCode } from '../errors/table.ts';
import { expirationText } from '../federation/credentials.ts';
import type { RoleCredentials } from '../federation/credentials.ts';
import { createRoleAccess } from '../server/role-access.ts';
import { readArguments, UsageError } from './arguments.ts';
import { promptMfaCode } from './prompt-mfa-code.ts';
import { assumeAsBridge, findRole } from './assumed-role.ts';
import { Failure, printResult } from './print-result.ts';
import type { Result } from './print-result.ts';

const USAGE = `Usage: fedbridge credentials ROLE [--format process|env|json] [--config FILE]

Obtains credentials for ROLE in the same way as the bridge (with the bridge's Google identity or an AWS profile, and through all
chained roles), and prints them.

  ROLE              the name of a role in the configuration, or any role's ARN (no configuration needed)
  --format process  for credential_process of the AWS SDKs (the default). Ignores AWS_PROFILE, which names the profile that
                    runs this command
  --format env      for a shell: eval "$(fedbridge credentials ROLE --format env)"
  --format json     as \`aws sts assume-role\` prints them
  --config FILE     use this configuration instead of FEDBRIDGE_CONFIG
`;

type Format = (credentials: RoleCredentials) => string;

const FORMATS: Readonly<Record<string, Format>> = { process: asProcess, env: asEnvironment, json: asJson };

/** Ends the process; see {@link printResult}. */
export function credentials(args: readonly string[]): Promise<never> {
  return printResult('credentials', USAGE, async (): Promise<Result> => {
    const { values, positionals } = readArguments(args, {
      options: ['format', 'config'],
      positionals: ['ROLE'],
    });
    const { format = 'process', config } = values;
    const write = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
    if (write === undefined) throw new UsageError('--format must be process, env or json.');
    const settings = readRoleSettings({ file: config, ownProfile: format !== 'process' });
    const [name = ''] = positionals;
    const role = findRole(name, settings.roles);
    const { identity } = settings;
    if (identity.kind === 'profile') rejectProfileLoop(identity.name);
    const access = createRoleAccess(withRegion(settings), promptMfaCode);
    try {
      return { text: write(await assumeAsBridge(access, role)), code: 0 };
    } catch (error) {
      throw settings.profileLeftOut ? mentionProfile(error) : error;
    }
  });
}

const NO_METADATA_SERVER: readonly FaultCode[] = ['metadata_unreachable', 'metadata_timeout'];

/** Adds a note that AWS_PROFILE is ignored, for users who run the command by hand on a machine that has only an AWS profile. */
function mentionProfile(error: unknown): unknown {
  if (!(error instanceof Failure) || !NO_METADATA_SERVER.includes(error.fault.code)) return error;
  const { message, fault } = error;
  return new Failure(`${message} (AWS_PROFILE is ignored with --format process)`, fault);
}

/** Returns the four fields that AWS's JSON formats for credentials have in common. */
const fieldsOf = (issued: RoleCredentials) => ({
  AccessKeyId: issued.accessKeyId,
  SecretAccessKey: issued.secretAccessKey,
  SessionToken: issued.sessionToken,
  Expiration: expirationText(issued),
});

function asProcess(issued: RoleCredentials): string {
  return `${JSON.stringify({ Version: 1, ...fieldsOf(issued) })}\n`;
}

/**
 * Formats the same variables as `aws configure export-credentials --format env`. Does not unset AWS_PROFILE, because the next
 * run of this command may need that variable.
 */
function asEnvironment(issued: RoleCredentials): string {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = fieldsOf(issued);
  const variables = {
    AWS_ACCESS_KEY_ID: AccessKeyId,
    AWS_SECRET_ACCESS_KEY: SecretAccessKey,
    AWS_SESSION_TOKEN: SessionToken,
    AWS_CREDENTIAL_EXPIRATION: Expiration,
  };
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}=${quoteForShell(value)}\n`)
    .join('');
}

function asJson(issued: RoleCredentials): string {
  const document = { Credentials: fieldsOf(issued), AssumedRoleUser: { Arn: issued.assumedRoleArn } };
  return `${JSON.stringify(document, null, 2)}\n`;
}
