// Reads the configuration from the environment or a file. Nothing else reads the environment.
import { ORIGIN_MUST, readOrigin } from './allowed-origins.ts';
import { readDocument } from './document.ts';
import { type Environment, setVariables } from './environment.ts';
import { type ConfigCheck, documentOf, interpret } from './interpret.ts';
import { NO_FILE_VARIABLES } from './no-file.ts';
import { ConfigError } from './problem.ts';
import { type RoleSettings, readConfigFile, interpretRoles } from './role-settings.ts';
import { quote } from './show.ts';
import type { Config, Platform } from './types.ts';

/** Command-line options that override the environment. */
export interface ConfigOptions {
  /** A file whose content replaces the configuration in the environment. */
  readonly file?: string | undefined;
  /** A port that overrides `PORT`. */
  readonly port?: string | undefined;
}

/** The functions that read a configuration. Each throws a ConfigError that contains all problems. */
export interface ConfigReader {
  /** Reads the configuration that the environment specifies: a file, inline YAML, or single variables. */
  readConfig(env?: Environment): Config;
  /** Like `readConfig`, with options that override the environment. */
  readConfigIn(options: ConfigOptions, env?: Environment): Config;
  /**
   * Reads `text` as if it were the content of the file that `FEDBRIDGE_CONFIG` names. Of the variables, uses only those that
   * fill gaps in the document, and `K_SERVICE`, by which Cloud Run is detected, because an AWS profile is not accepted there.
   */
  readConfigDocument(text: string, env?: Environment): Config;
  /**
   * Reads the settings for commands that act as the bridge, from the configuration or, if there is none, from variables and
   * defaults.
   * @param options.file replaces the configuration in the environment
   * @param options.ownProfile whether AWS_PROFILE is the bridge's profile. Must be false for a command that runs as a
   * `credential_process`: AWS_PROFILE is then the profile that started the command, so the command would wait for itself.
   */
  readRoleSettings(
    options: { readonly file: string | undefined; readonly ownProfile: boolean },
    env?: Environment,
  ): RoleSettings;
}

/** @param check runs on each valid configuration, after the checks in this folder */
export function configReader(check: ConfigCheck): ConfigReader {
  const readConfig = (env: Environment = process.env): Config =>
    interpret(documentOf(env), { env, platform: readPlatform(env), check });
  return {
    readConfig,
    readConfigIn: ({ file, port }, env = process.env) => {
      const effective = port === undefined ? env : { ...env, PORT: port };
      return file === undefined
        ? readConfig(effective)
        : interpret(readConfigFile(file), { env: effective, platform: readPlatform(env), check });
    },
    readConfigDocument: (text, env = process.env) => {
      const { AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL_S3, K_SERVICE } = env;
      const effective = { AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL_S3, K_SERVICE };
      return interpret(readDocument(text), { env: effective, platform: readPlatform(env), check });
    },
    readRoleSettings: ({ file, ownProfile }, env = process.env) => {
      const configured = () => (isConfigured(env) ? documentOf(env) : undefined);
      const document = file === undefined ? configured() : readConfigFile(file);
      return interpretRoles(document, { env, platform: readPlatform(env), check, ownProfile });
    },
  };
}

/** Whether the environment contains a configuration, even an invalid one. */
function isConfigured(env: Environment): boolean {
  const variables = setVariables(env);
  return ['FEDBRIDGE_CONFIG', ...NO_FILE_VARIABLES].some((name) => variables[name] !== undefined);
}

/**
 * The variable in which each process lists, for its child processes, the profiles that have been read, one per line. No profile
 * name contains a newline.
 */
const PROFILES_IN_USE = 'FEDBRIDGE_ASKED_PROFILES';

/**
 * Rejects a profile that depends on itself. Must be called before the profile is read. The SDK detects a loop of
 * `source_profile`, but not a `credential_process` that runs one of this program's commands, which then reads the same profile
 * again. Without this check, each process would start another one forever.
 * @throws ConfigError if a parent process has already read the profile
 */
export function rejectProfileLoop(name: string, env: Record<string, string | undefined> = process.env): void {
  const { [PROFILES_IN_USE]: above = '' } = env;
  const names = above.split('\n');
  if (names.includes(name)) {
    const rule = `must not depend on itself, but AWS profile ${quote(name)} has a credential_process that uses the same profile`;
    const fix =
      'Use a profile with its own keys, or pass a different configuration to the command in credential_process (--config FILE).';
    throw new ConfigError([{ field: 'identity.profile', rule, fix }]);
  }
  env[PROFILES_IN_USE] = [...names, name].join('\n');
}

/**
 * Reads FEDBRIDGE_GOOGLE_APIS for commands that run on a caller's machine, where there is no bridge configuration.
 * @throws ConfigError
 */
export function readGoogleApis(env: Environment = process.env): string | undefined {
  const { FEDBRIDGE_GOOGLE_APIS: text } = setVariables(env);
  const origin = text === undefined ? undefined : readOrigin(text);
  if (text !== undefined && origin === undefined)
    throw new ConfigError([{ field: 'FEDBRIDGE_GOOGLE_APIS', rule: ORIGIN_MUST, fix: '' }]);
  return origin;
}

/**
 * Detects Cloud Run by the variables that it sets, because Cloud Run's second generation otherwise looks like Compute Engine.
 */
export function readPlatform(env: Environment = process.env): Platform {
  const { K_SERVICE, K_REVISION, CLOUD_RUN_JOB, CLOUD_RUN_EXECUTION } = setVariables(env);
  // Commands may also run as Cloud Run jobs, for which Cloud Run sets different variables than for services.
  const [service, revision = ''] =
    K_SERVICE === undefined ? [CLOUD_RUN_JOB, CLOUD_RUN_EXECUTION] : [K_SERVICE, K_REVISION];
  return service === undefined ? { kind: 'machine' } : { kind: 'cloud-run', service, revision };
}

/**
 * Returns the environment variables to pass to a child process: those for the runtime and the log, but none that contain other
 * settings or credentials.
 */
export function inheritedEnvironment(env: Environment = process.env): Record<string, string> {
  const needed = /^(?:PATH|HOME|XDG_CACHE_HOME|LOG_LEVEL|NO_COLOR|NODE_.*)$/;
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value !== undefined && needed.test(name) ? [[name, value]] : [],
    ),
  );
}
