// Creates a configuration with a test's own buckets and grants.
import type { SandboxContract } from '../../src/sandbox/sandbox.ts';

export interface Configured {
  /** YAML flow mappings of buckets by name; by default, the sandbox's bucket. */
  readonly buckets?: Readonly<Record<string, string>>;
  /** The grants as YAML flow mappings. */
  readonly grants: readonly string[];
  /** Additional lines of the configuration's YAML. */
  readonly more?: string;
}

/** Returns a function that creates the YAML for a sandbox. */
export const configured =
  ({ buckets, grants, more = '' }: Configured) =>
  ({ audience, awsAudience, region, role, bucket }: SandboxContract): string =>
    [
      `audience: ${audience}`,
      `aws: { region: ${region}, audience: ${awsAudience} }`,
      `roles: { lake: { arn: "${role}" } }`,
      'buckets:',
      ...Object.entries(buckets ?? { [bucket]: 'role: lake' }).map(
        ([name, fields]) => `  ${name}: { ${fields} }`,
      ),
      'grants:',
      ...grants.map((grant) => `  - { ${grant} }`),
      more,
    ].join('\n');

export const emailOf = (name: string): string => `${name}@acme-prod.iam.gserviceaccount.com`;

/** A grant that allows `reader` all actions on the sandbox's bucket. */
export const READER_MAY_ALL = `callers: [${emailOf('reader')}], allow: [get, list, versions, tags, attributes], bucket: acme-lake`;
