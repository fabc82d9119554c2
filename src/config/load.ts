// Reads the configuration that the environment or a file gives. Nothing else reads the environment.
import { readDocument } from './document.ts';
import { type Environment, setVariables } from './environment.ts';
import { type ConfigCheck, documentOf, interpret } from './interpret.ts';
import { NO_FILE_VARIABLES } from './no-file.ts';
import { ConfigError } from './problem.ts';
import { type RoleSettings, readConfigFile, interpretRoles } from './role-settings.ts';
import { quote } from './show.ts';
import type { Config, Platform } from './types.ts';

/** What a command's options say instead of the environment. */
export interface ConfigOptions {
  /** Read instead of what the environment names, holds or stands for. */
  readonly file?: string | undefined;
  /** Counts instead of `PORT`. */
  readonly port?: string | undefined;
}

/** Each of its functions throws a ConfigError with every problem at once. */
export interface ConfigReader {
  /** Reads the configuration that the environment names, holds or stands for. */
  readConfig(env?: Environment): Config;
  /** As `readConfig`, with a command's options in front of the environment. */
  readConfigIn(options: ConfigOptions, env?: Environment): Config;
  /**
   * Reads `text` as a file that `FEDBRIDGE_CONFIG` names. From the environment, only the values that fill gaps of the document
   * count, and Cloud Run's, where an AWS profile is not accepted.
   */
  readConfigDocument(text: string, env?: Environment): Config;
  /**
   * For commands that act as the bridge: reads what its configuration says, or without one, the variables and defaults.
   * @param options.file instead of what the environment names, holds or stands for
   * @param options.ownProfile whether AWS_PROFILE names the bridge's profile, as elsewhere. It does not for a `credential_process`:
   * there it is the profile that runs the process, which would then wait for itself.
   */
  readRoleSettings(
    options: { readonly file: string | undefined; readonly ownProfile: boolean },
    env?: Environment,
  ): RoleSettings;
}

/** @param check of each valid configuration, in addition to the checks of this folder */
export function configReader(check: ConfigCheck): ConfigReader {
  const readConfig = (env: Environment = process.env): Config =>
    interpret(documentOf(env), { env, platform: readPlatform(env), check });
  return {
    readConfig,
    readConfigIn: ({ file, port }, env = process.env) => {
      const counting = port === undefined ? env : { ...env, PORT: port };
      return file === undefined
        ? readConfig(counting)
        : interpret(readConfigFile(file), { env: counting, platform: readPlatform(env), check });
    },
    readConfigDocument: (text, env = process.env) => {
      const { AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL_S3, K_SERVICE } = env;
      const counting = { AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL_S3, K_SERVICE };
      return interpret(readDocument(text), { env: counting, platform: readPlatform(env), check });
    },
    readRoleSettings: ({ file, ownProfile }, env = process.env) => {
      const configured = () => (isConfigured(env) ? documentOf(env) : undefined);
      const document = file === undefined ? configured() : readConfigFile(file);
      return interpretRoles(document, { env, platform: readPlatform(env), check, ownProfile });
    },
  };
}

/** Whether the environment names, holds or stands for a configuration at all, right or wrong. */
function isConfigured(env: Environment): boolean {
  const variables = setVariables(env);
  return ['FEDBRIDGE_CONFIG', ...NO_FILE_VARIABLES].some((name) => variables[name] !== undefined);
}

/** Names the profiles that the processes above this one read, one a line; no name contains a newline. */
const PROFILES_IN_USE = 'FEDBRIDGE_ASKED_PROFILES';

/**
 * Call it before the profile is read. The SDK detects a `source_profile` that leads back to itself, but not a `credential_process`
 * that runs a command of this program, which reads a profile too: without this check each would start the next, forever.
 * @throws ConfigError if a process above this one already reads the profile
 */
export function rejectProfileLoop(name: string, env: Record<string, string | undefined> = process.env): void {
  const { [PROFILES_IN_USE]: above = '' } = env;
  const names = above.split('\n');
  if (names.includes(name)) {
    const rule = `must not lead back to itself, and the credential_process of AWS profile ${quote(name)} does`;
    const fix = 'Name a profile that has keys of its own, or another configuration there with --config.';
    throw new ConfigError([{ field: 'identity.profile', rule, fix }]);
  }
  env[PROFILES_IN_USE] = [...names, name].join('\n');
}

/** Detects Cloud Run by its own variables: its second generation looks like Compute Engine in every other respect. */
export function readPlatform(env: Environment = process.env): Platform {
  const { K_SERVICE, K_REVISION, CLOUD_RUN_JOB, CLOUD_RUN_EXECUTION } = setVariables(env);
  // Commands run there as jobs.
  const [service, revision = ''] =
    K_SERVICE === undefined ? [CLOUD_RUN_JOB, CLOUD_RUN_EXECUTION] : [K_SERVICE, K_REVISION];
  return service === undefined ? { kind: 'machine' } : { kind: 'cloud-run', service, revision };
}

/** The variables that a child process needs to run and to log as this one does, and none that would configure or authorize it. */
export function inheritedEnvironment(env: Environment = process.env): Record<string, string> {
  const needed = /^(?:PATH|HOME|XDG_CACHE_HOME|LOG_LEVEL|NO_COLOR|NODE_.*)$/;
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value !== undefined && needed.test(name) ? [[name, value]] : [],
    ),
  );
}
