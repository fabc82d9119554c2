// Creates a configuration from a document and an environment, or reports every problem in both.
import type { Config, Platform } from './types.ts';
import { checkTogether } from './cross-checks.ts';
import { type ConfigDocument, readDocument } from './document.ts';
import { type Environment, readSettings, setVariables } from './environment.ts';
import { NO_FILE_VARIABLES, noFileDocument } from './no-file.ts';
import { ConfigError, type Finding, type Problem } from './problem.ts';
import { documentSchema } from './schema.ts';
import { schemaProblems } from './schema-problems.ts';
import { resolveConfig } from './resolve.ts';
import { looksLikeYaml, readSource } from './read-file.ts';

const emptyDocument = (problems: readonly Problem[]): ConfigDocument => ({
  raw: undefined,
  problems,
  readable: false,
  locate: () => ({ field: '' }),
});

/** Reads the document that the environment specifies: a file, inline YAML, or single variables. */
export function documentOf(env: Environment): ConfigDocument {
  const given = setVariables(env);
  const { FEDBRIDGE_CONFIG: config } = given;
  const single = NO_FILE_VARIABLES.filter((name) => given[name] !== undefined);
  if (config === undefined) return single.length > 0 ? noFileDocument(given) : emptyDocument([NEITHER_FORM]);
  const source = configSource(config);
  const document = 'problem' in source ? emptyDocument([source.problem]) : readDocument(source.text);
  const both = single.map((name): Problem => {
    return {
      field: name,
      rule: 'must not be set together with FEDBRIDGE_CONFIG',
      fix: 'Unset one of the two variables.',
    };
  });
  return { ...document, problems: [...both, ...document.problems] };
}

/**
 * Returns the configuration's text: FEDBRIDGE_CONFIG either contains this text or is the path of its file. Ignores newlines at
 * the end of a path, because tools that read the path from a file often leave one there.
 */
function configSource(config: string): ReturnType<typeof readSource> {
  const trimmed = config.replace(/[\r\n]+$/, '');
  const isYaml = trimmed.includes('\n') || (trimmed !== config && looksLikeYaml(trimmed));
  return isYaml ? { text: config } : readSource(trimmed, 'FEDBRIDGE_CONFIG');
}

const NEITHER_FORM: Problem = {
  field: 'FEDBRIDGE_CONFIG',
  rule: 'is not set, and neither are the variables that can replace it',
  fix:
    "Set it to a YAML file's path, or to the YAML itself. For a single role and bucket, you can instead set " +
    'AWS_ROLE_ARN, FEDBRIDGE_AUDIENCE, FEDBRIDGE_BUCKET, FEDBRIDGE_CALLERS and, optionally, FEDBRIDGE_PREFIX.',
};

/** Finds further problems in a configuration in which every field is valid. */
export type ConfigCheck = (config: Config) => readonly Finding[];

export interface Context {
  readonly env: Environment;
  readonly platform: Platform;
  readonly check: ConfigCheck;
}

/** @throws ConfigError with every problem in the document and the variables */
export function interpret(document: ConfigDocument, { env, platform, check }: Context): Config {
  const settings = readSettings(env);
  const problems = [...('problems' in settings ? settings.problems : []), ...document.problems];
  if (!document.readable) throw new ConfigError(sorted(problems));
  const { raw, locate } = document;
  const parsed = documentSchema.safeParse(raw, { reportInput: true });
  problems.push(...(parsed.error?.issues ?? []).flatMap((issue) => schemaProblems(issue, locate)));
  const { AWS_REGION: region, AWS_ENDPOINT_URL_S3: s3Endpoint } = setVariables(env);
  const regionIsSet = region !== undefined;
  const placed = ({ path, rule, fix }: Finding): Problem => {
    const { field, line } = locate(path);
    return { field, rule, fix, ...(line === undefined ? {} : { line }) };
  };
  const onCloudRun = platform.kind === 'cloud-run';
  problems.push(...checkTogether(raw, { regionIsSet, s3Endpoint, onCloudRun }).map(placed));
  if (problems.length > 0 || !parsed.success || 'problems' in settings)
    throw new ConfigError(sorted(problems));
  const config = resolveConfig(parsed.data, settings.settings, platform);
  const findings = check(config).map(placed);
  if (findings.length > 0) throw new ConfigError(findings);
  return config;
}

/**
 * Sorts problems in document order, with variables first. Removes duplicates, because one variable can set two fields
 * (no-file.ts) and be invalid in both.
 */
function sorted(problems: readonly Problem[]): readonly Problem[] {
  const unique = new Map(problems.map((problem) => [`${problem.field}\n${problem.rule}`, problem]));
  return [...unique.values()].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}
