// A bridge's YAML for a test that needs buckets and grants of its own.
import type { SandboxContract } from '../../src/sandbox/sandbox.ts';

export interface Configured {
  /** Flow mappings by name; the sandbox's bucket where absent. */
  readonly buckets?: Readonly<Record<string, string>>;
  /** Flow mappings. */
  readonly grants: readonly string[];
  /** Further lines. */
  readonly more?: string;
}

/** Callers' short names are e-mails of the sandbox's project; the role is the sandbox's. */
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

/** All that the reader can be allowed. */
export const READER_MAY_ALL = `callers: [${emailOf('reader')}], allow: [get, list, versions, tags, attributes], bucket: acme-lake`;
