// What the commands that act as the bridge have to know: of its configuration, or where there is none, of the environment.
import type { Config, Platform } from './types.ts';
import { type ConfigDocument, readDocument } from './document.ts';
import { type Environment, readSettings } from './environment.ts';
import { type Context, interpret } from './interpret.ts';
import { ConfigError, type Problem } from './problem.ts';
import { readSource } from './read-file.ts';

/** As {@link Config} has them, but for the region. */
export interface RoleSettings extends Pick<Config, 'identity' | 'platform' | 'googleApis' | 'roles'> {
  readonly aws: Omit<Config['aws'], 'region'> & {
    /** Absent where no configuration and no variable says one. */
    readonly region?: string;
  };
  /** AWS_PROFILE is set and was not to count. */
  readonly profileLeftOut: boolean;
}

/** A shell holds variables of other programs, such as PORT: only those count that say who we are and where Google and STS are. */
const USED_VARIABLES = [
  'AWS_REGION',
  'AWS_PROFILE',
  'AWS_ENDPOINT_URL_STS',
  'GCE_METADATA_HOST',
  'FEDBRIDGE_GOOGLE_APIS',
  'K_SERVICE',
];

/** As `aws.audience` where a document does not say. */
const AUDIENCE = 'fedbridge';

/** @throws ConfigError where the file cannot be read; what is wrong within it is the document's to tell */
export function readConfigFile(file: string): ConfigDocument {
  const source = readSource(file, '--config');
  if ('problem' in source) throw new ConfigError([source.problem]);
  return readDocument(source.text);
}

/**
 * @param document absent where nothing configures a bridge
 * @param options.ownProfile whether AWS_PROFILE counts
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
  const counting = ownProfile ? { ...others, AWS_PROFILE: profile } : others;
  const settings =
    document === undefined
      ? unconfigured(counting, platform)
      : interpret(document, { env: counting, platform, check });
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

/** Every configuration says a region. */
const NO_REGION: Problem = {
  field: 'AWS_REGION',
  rule: 'is not set; it must be the region whose STS is asked',
  fix: 'Set it, like AWS_REGION=eu-west-1, or name a configuration with --config FILE.',
};

/** @throws ConfigError where there is no region, as it is needed to ask STS */
export function withRegion({ aws, ...settings }: RoleSettings): RoleSettings & Pick<Config, 'aws'> {
  const { region } = aws;
  if (region === undefined) throw new ConfigError([NO_REGION]);
  return { ...settings, aws: { ...aws, region } };
}
