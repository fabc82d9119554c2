// Builds a document with one role, one bucket and one grant from variables, for bridges without a configuration file.
import { BUCKET_NAME } from './aws-names.ts';
import type { ConfigDocument } from './document.ts';
import { type Environment, setVariables } from './environment.ts';
import type { Problem } from './problem.ts';
import { type Path, quote } from './show.ts';

/** The required variables. Each has a placeholder, so that the other checks can run if the variable is not set. */
const NEEDED = {
  AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/stand-in',
  FEDBRIDGE_AUDIENCE: 'https://stand-in.invalid',
  FEDBRIDGE_BUCKET: 'stand-in',
  FEDBRIDGE_CALLERS: 'stand-in@stand-in.invalid',
} as const;

const MEANINGS: Readonly<Record<keyof typeof NEEDED, string>> = {
  AWS_ROLE_ARN: 'Set it to the ARN of the role to assume.',
  FEDBRIDGE_AUDIENCE: "Set it to the audience of callers' tokens, usually this bridge's URL.",
  FEDBRIDGE_BUCKET: 'Set it to the name of the bucket to serve.',
  FEDBRIDGE_CALLERS: "Set it to the callers' emails or unique IDs, separated by commas.",
};

/** If any of these variables is set, the document is built from variables instead of `FEDBRIDGE_CONFIG`. */
export const NO_FILE_VARIABLES: readonly string[] = [...Object.keys(NEEDED), 'FEDBRIDGE_PREFIX'];

/** Returns the variable from which a field of the document was built. */
function variableOf([section, second, field]: Path): string {
  if (section === 'audience') return 'FEDBRIDGE_AUDIENCE';
  if (section === 'aws') return second === 'region' ? 'AWS_REGION' : 'FEDBRIDGE_AUDIENCE';
  if (section === 'roles') return 'AWS_ROLE_ARN';
  if (section === 'grants' && field === 'callers') return 'FEDBRIDGE_CALLERS';
  if (section === 'grants' && field === 'prefix') return 'FEDBRIDGE_PREFIX';
  return 'FEDBRIDGE_BUCKET';
}

const noBucketName = (bucket: string): Problem => ({
  field: 'FEDBRIDGE_BUCKET',
  rule: `${BUCKET_NAME.must}, not ${quote(bucket)}`,
  fix: /^s3:/i.test(bucket)
    ? 'Remove s3://, and set FEDBRIDGE_PREFIX to the part after the bucket name.'
    : 'For an access point, use a configuration file and set `target` to its ARN.',
});

/** Builds the document from the variables. */
export function noFileDocument(env: Environment): ConfigDocument {
  const given = setVariables(env);
  const problems = Object.entries(MEANINGS)
    .filter(([name]) => given[name] === undefined)
    .map(([name, fix]): Problem => {
      return {
        field: name,
        rule: 'must be set if FEDBRIDGE_CONFIG is not',
        fix,
      };
    });
  const {
    AWS_ROLE_ARN: arn,
    FEDBRIDGE_AUDIENCE: audience,
    FEDBRIDGE_BUCKET: bucket,
    FEDBRIDGE_CALLERS: callers,
  } = {
    ...NEEDED,
    ...given,
  };
  const { FEDBRIDGE_PREFIX: prefix } = given;
  // The bucket's name is checked here, so that the error names the variable and its value, and suggests a fix for the variable.
  const isBucket = BUCKET_NAME.test(bucket);
  if (!isBucket) problems.push(noBucketName(bucket));
  return {
    raw: {
      audience,
      aws: { audience: 'fedbridge' },
      roles: { bridge: { arn } },
      buckets: { [isBucket ? bucket : NEEDED.FEDBRIDGE_BUCKET]: { role: 'bridge' } },
      grants: [
        {
          callers: callers
            .split(',')
            .map((caller) => caller.trim())
            .filter((caller) => caller !== ''),
          allow: ['get', 'list'],
          bucket: isBucket ? bucket : NEEDED.FEDBRIDGE_BUCKET,
          ...(prefix === undefined ? {} : { prefix }),
        },
      ],
    },
    problems,
    readable: true,
    locate: (path) => ({ field: variableOf(path) }),
  };
}
