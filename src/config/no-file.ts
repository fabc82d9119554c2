// The form without a file: one role, one bucket and one grant from variables, made into the document that they stand for.
import { BUCKET_NAME } from './aws-names.ts';
import type { ConfigDocument } from './document.ts';
import { type Environment, setVariables } from './environment.ts';
import type { Problem } from './problem.ts';
import { type Path, quote } from './show.ts';

/** The variables of this form; each needed one with a value that stands in for it until all problems are told. */
const NEEDED = {
  AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/stand-in',
  FEDBRIDGE_AUDIENCE: 'https://stand-in.invalid',
  FEDBRIDGE_BUCKET: 'stand-in',
  FEDBRIDGE_CALLERS: 'stand-in@stand-in.invalid',
} as const;

const MEANINGS: Readonly<Record<keyof typeof NEEDED, string>> = {
  AWS_ROLE_ARN: 'Set it to the ARN of the role to assume.',
  FEDBRIDGE_AUDIENCE: "Set it to the audience of callers' tokens, usually the URL of this bridge.",
  FEDBRIDGE_BUCKET: 'Set it to the bucket to serve.',
  FEDBRIDGE_CALLERS: 'Set it to who may read, e-mails or unique IDs separated by commas.',
};

/** What sets this form apart from `FEDBRIDGE_CONFIG`. */
export const NO_FILE_VARIABLES: readonly string[] = [...Object.keys(NEEDED), 'FEDBRIDGE_PREFIX'];

/** The variable that a field of the document came from. */
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
    ? 'Leave out s3://, and give what follows the name as FEDBRIDGE_PREFIX.'
    : 'For an access point, write a configuration file: `target` takes its ARN.',
});

/** The document that the variables stand for. */
export function noFileDocument(env: Environment): ConfigDocument {
  const given = setVariables(env);
  const problems = Object.entries(MEANINGS)
    .filter(([name]) => given[name] === undefined)
    .map(([name, fix]): Problem => {
      return {
        field: name,
        rule: 'must be set where the bridge is configured without FEDBRIDGE_CONFIG',
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
  // Told here, where the value can be named and the fix is one for variables.
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
