// The settings for commands that act as the bridge, from the bridge's configuration or, if there is none, from the environment.
import type { Config, Platform } from './types.ts';
import { type ConfigDocument, readDocument } from './document.ts';
import { type Environment, readSettings } from './environment.ts';
import { type Context, interpret } from './interpret.ts';
import { ConfigError, type Problem } from './problem.ts';
import { readSource } from './read-file.ts';

/** Like {@link Config}, but the region is optional. */
export interface RoleSettings extends Pick<Config, 'identity' | 'platform' | 'googleApis' | 'roles'> {
  readonly aws: Omit<Config['aws'], 'region'> & {
    /** The region; absent if neither a configuration nor a variable sets it. */
    readonly region?: string;
  };
  /** Whether AWS_PROFILE is set but was ignored. */
  readonly profileLeftOut: boolean;
}

/**
 * The variables that are read: those for the identity and for the endpoints of Google and STS. All others are ignored, because
 * in a shell, variables such as PORT may belong to other programs.
 */
const USED_VARIABLES = [
  'AWS_REGION',
  'AWS_PROFILE',
  'AWS_ENDPOINT_URL_STS',
  'GCE_METADATA_HOST',
  'FEDBRIDGE_GOOGLE_APIS',
  'K_SERVICE',
];

/** The default of `aws.audience`. */
const AUDIENCE = 'fedbridge';

/** @throws ConfigError if the file cannot be read; problems in its content are in the returned document */
export function readConfigFile(file: string): ConfigDocument {
  const source = readSource(file, '--config');
  if ('problem' in source) throw new ConfigError([source.problem]);
  return readDocument(source.text);
}

/**
 * @param document undefined if there is no configuration
 * @param options.ownProfile whether to use AWS_PROFILE
 * @throws ConfigError with every problem at once
 */
export function interpretRoles(
  document: ConfigDocument | undefined,
  options: Context & { readonly ownProfile: boolean },
): RoleSettings {
  const { env, platform, check, ownProfile } = options;
  const { AWS_PROFILE: profile, ...others } = Object.fromEntries(
    USED_VARIABLES.map((name) => [name, env[name]]),
  );
  const effective = ownProfile ? { ...others, AWS_PROFILE: profile } : others;
  const settings =
    document === undefined
      ? unconfigured(effective, platform)
      : interpret(document, { env: effective, platform, check });
  return { ...settings, profileLeftOut: !ownProfile && profile !== undefined && profile !== '' };
}

function unconfigured(env: Environment, platform: Platform): Omit<RoleSettings, 'profileLeftOut'> {
  const read = readSettings(env);
  if ('problems' in read) throw new ConfigError(read.problems);
  const {
    AWS_REGION: region,
    AWS_PROFILE: profile,
    AWS_ENDPOINT_URL_STS: stsEndpoint,
    FEDBRIDGE_GOOGLE_APIS: googleApis,
  } = read.settings;
  return {
    platform,
    identity: profile === undefined ? { kind: 'metadata' } : { kind: 'profile', name: profile },
    ...(googleApis === undefined ? {} : { googleApis }),
    roles: new Map(),
    aws: {
      audience: AUDIENCE,
      ...(region === undefined ? {} : { region }),
      ...(stsEndpoint === undefined ? {} : { stsEndpoint }),
    },
  };
}

/**
 * The problem that is reported if no region is set. Every configuration sets a region, so this problem occurs only without a
 * configuration.
 */
const NO_REGION: Problem = {
  field: 'AWS_REGION',
  rule: 'is not set; it must be the region in which the bridge calls STS',
  fix: 'Set it, for example AWS_REGION=eu-west-1, or pass a configuration with --config FILE.',
};

/** @throws ConfigError if there is no region, because every STS call needs one */
export function withRegion({ aws, ...settings }: RoleSettings): RoleSettings & Pick<Config, 'aws'> {
  const { region } = aws;
  if (region === undefined) throw new ConfigError([NO_REGION]);
  return { ...settings, aws: { ...aws, region } };
}
