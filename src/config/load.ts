// `readConfig`: the configuration that the environment gives. Nothing else reads the environment.
import { rejectProfileLoop } from './asked-profiles.ts';
import { readDocument } from './document.ts';
import { type Environment, setVariables } from './environment.ts';
import { documentOf, interpret } from './interpret.ts';
import { NO_FILE_VARIABLES } from './no-file.ts';
import { type RoleSettings, documentIn, interpretRoles } from './role-settings.ts';
import type { Config, Platform } from './types.ts';

/**
 * The configuration that the environment names, holds or stands for.
 * @throws ConfigError with every problem at once
 */
export function readConfig(env: Environment = process.env): Config {
  return interpret(documentOf(env), env, readPlatform(env));
}

/** As {@link readConfig}, with a file in the place of what the environment names, holds or stands for. */
export function readConfigIn(file: string | undefined, env: Environment = process.env): Config {
  return file === undefined ? readConfig(env) : interpret(documentIn(file), env, readPlatform(env));
}

/** Whether the environment names, holds or stands for a configuration at all, right or wrong. */
function isConfigured(env: Environment = process.env): boolean {
  const given = setVariables(env);
  return ['FEDBRIDGE_CONFIG', ...NO_FILE_VARIABLES].some((name) => given[name] !== undefined);
}

/**
 * Reads `text` as a file that `FEDBRIDGE_CONFIG` names. Of the environment only what fills gaps of the document counts,
 * and Cloud Run, where a profile must not.
 * @throws ConfigError with every problem at once
 */
export function readConfigDocument(text: string, env: Environment = process.env): Config {
  const { AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL_S3, K_SERVICE } = env;
  const counting = { AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL_S3, K_SERVICE };
  return interpret(readDocument(text), counting, readPlatform(env));
}

/**
 * For commands that act as the bridge: what its configuration says, or where there is none, the variables and defaults.
 * @param options.file in the place of what the environment names, holds or stands for
 * @param options.ownProfile whether AWS_PROFILE says who we are, as elsewhere. Not for a `credential_process`: it finds there
 * the profile that runs it, and would ask that for what it is itself asked for.
 * @throws ConfigError with every problem at once
 */
export function readRoleSettings(
  options: { readonly file: string | undefined; readonly ownProfile: boolean },
  env: Environment = process.env,
): RoleSettings {
  const { file, ownProfile } = options;
  const configured = () => (isConfigured(env) ? documentOf(env) : undefined);
  const document = file === undefined ? configured() : documentIn(file);
  return interpretRoles(document, env, { platform: readPlatform(env), ownProfile });
}

/** As {@link rejectProfileLoop}, for the processes that this one starts. @throws ConfigError */
export function noteProfileInUse(name: string, env = process.env): void {
  rejectProfileLoop(name, env);
}

/** By Cloud Run's own variables: its second generation looks like Compute Engine in every other respect. */
export function readPlatform(env: Environment = process.env): Platform {
  const { K_SERVICE, K_REVISION, CLOUD_RUN_JOB, CLOUD_RUN_EXECUTION } = setVariables(env);
  // Commands run there as jobs.
  const [service, revision = ''] =
    K_SERVICE === undefined ? [CLOUD_RUN_JOB, CLOUD_RUN_EXECUTION] : [K_SERVICE, K_REVISION];
  return service === undefined ? { kind: 'machine' } : { kind: 'cloud-run', service, revision };
}

/** What a child process of ours needs to run and to log as we do, and nothing that would configure or authorise it. */
export function inheritedEnvironment(env: Environment = process.env): Record<string, string> {
  const needed = /^(?:PATH|HOME|XDG_CACHE_HOME|LOG_LEVEL|NO_COLOR|NODE_.*)$/;
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value !== undefined && needed.test(name) ? [[name, value]] : [],
    ),
  );
}
