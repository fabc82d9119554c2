// `fedbridge check [FILE]`: says whether a configuration is valid, and in words who may read what, as which role.
import { readConfig, readConfigDocument } from '../config.ts';
import type { Bucket, CallerPattern, Config, Grant, Scope } from '../config.ts';
import { ConfigError, tellProblem } from '../config/problem.ts';
import { escapeText } from '../config/show.ts';
import { readSource } from '../config/source.ts';
import { warningsOf } from '../config/warnings.ts';

const USAGE = `Usage: fedbridge check [FILE]

Checks FILE as FEDBRIDGE_CONFIG would be, or without FILE what the environment says.
`;

/** @returns 0: valid, and told on standard output; 1: invalid, every problem on standard error; 2: wrong usage */
export async function check(args: readonly string[]): Promise<number> {
  const [file, ...more] = args[0] === '--' ? args.slice(1) : args;
  if (more.length > 0 || (file?.startsWith('-') === true && args[0] !== '--')) {
    await write(process.stderr, USAGE);
    return 2;
  }
  try {
    const config = file === undefined ? readConfig() : readFile(file);
    for (const warning of warningsOf(config))
      await write(process.stderr, `Warning: ${tellProblem(warning)}\n`);
    await write(process.stdout, describe(config));
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    await write(process.stderr, `${error.message}\n`);
    return 1;
  }
}

/** Waits until all is written: on a pipe the process would otherwise end before a long text is out. */
const write = (stream: NodeJS.WriteStream, text: string) =>
  new Promise<void>((resolve, reject) => {
    stream.write(text, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });

function readFile(file: string): Config {
  const source = readSource(file, 'FILE');
  if ('problem' in source) throw new ConfigError([source.problem]);
  return readConfigDocument(source.text);
}

function describe(config: Config): string {
  const { audiences, aws, buckets, grants, operators } = config;
  const lines = [
    `Callers' tokens must be for ${audiences.map(escapeText).join(' or ')}.`,
    `STS in ${aws.region} is shown a token of this bridge for ${escapeText(aws.audience)}.`,
    '',
    ...[...buckets.values()].flatMap((bucket) => describeBucket(bucket, grants, aws.region)),
    ...operators.map((operator) => `${describeCaller(operator)} may read the metrics.`),
    'Nobody else may read anything.',
  ];
  return `${lines.join('\n')}\n`;
}

function describeBucket(bucket: Bucket, grants: readonly Grant[], stsRegion: string): string[] {
  const { name, role, target, region, endpoint, requesterPays, expectedOwner } = bucket;
  const where = [
    `${target.startsWith('arn:') ? 'access point' : 'S3 bucket'} ${target}`,
    region === undefined ? `in its own region, looked for from ${stsRegion} on` : `in ${region}`,
    ...(endpoint === undefined ? [] : [`at ${endpoint}`]),
  ].join(' ');
  const also = [
    ...(expectedOwner === undefined ? [] : [`owned by ${expectedOwner}`]),
    ...(requesterPays ? ['we pay for requests'] : []),
  ];
  const session = role.session === 'caller' ? 'named after the caller' : 'named after this bridge';
  const own = grants.filter((grant) => grant.bucket === name);
  return [
    `${name} (${[where, ...also].join(', ')})`,
    `  as role ${role.name} (${role.arn}, sessions ${session}, ${describeSeconds(role.durationSeconds)}):`,
    ...own.flatMap(({ callers, allow, scope }) =>
      callers.map(
        (caller) => `  ${describeCaller(caller)} may ${describeActions(allow)} ${describeScope(scope)}`,
      ),
    ),
    ...(own.length === 0 ? ['  nobody may read it'] : []),
    '',
  ];
}

const VERBS: Readonly<Record<Grant['allow'][number], string>> = {
  get: 'read',
  list: 'list',
  versions: 'read old versions of',
  tags: 'read the tags of',
  attributes: 'read the attributes of',
};

const describeActions = (allow: Grant['allow']) =>
  new Intl.ListFormat('en').format(allow.map((action) => VERBS[action]));

function describeCaller(caller: CallerPattern): string {
  switch (caller.kind) {
    case 'email':
      return `${caller.email} (by verified e-mail)`;
    case 'id':
      return `${caller.uniqueId} (by unique ID)`;
    case 'email-and-id':
      return `${caller.email} (by verified e-mail and unique ID ${caller.uniqueId})`;
    case 'project':
      return `every service account of project ${caller.project} (by verified e-mail)`;
  }
}

function describeScope(scope: Scope): string {
  switch (scope.kind) {
    case 'bucket':
      return 'everything in it';
    case 'prefix':
      return `everything below ${escapeText(scope.prefix)}`;
    case 'key':
      return `the one object ${escapeText(scope.key)}`;
  }
}

function describeSeconds(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'min'],
    [seconds % 60, 's'],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}
