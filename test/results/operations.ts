// The rows and columns of the table of operations in docs/reference/http-api.md, and a function that writes the results of a test
// run.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Operations in the S3 API Reference, and three variants of GetObject that do not return the whole current object. */
export const OPERATIONS = [
  'GetObject',
  'HeadObject',
  'ListObjectsV2',
  'ListObjects',
  'ListObjectVersions',
  'ListBuckets',
  'HeadBucket',
  'GetBucketLocation',
  'GetObjectTagging',
  'GetObjectAttributes',
  'versionId',
  'range',
  'conditional',
] as const;

export type Operation = (typeof OPERATIONS)[number];

/** The table's columns. Other clients also write results, but the table has no columns for them. */
export const COLUMNS = ['wire test', 'JS SDK', 'aws cli', 'boto3', 'Ceph'] as const;

export type Client = (typeof COLUMNS)[number] | 'rclone' | 's3cmd' | 's3fs';

export interface Result {
  readonly operation: string;
  readonly client: string;
}

/** The directory of the results; RESULTS_DIR overrides it. */
export const resultsDirectory = (): string => process.env['RESULTS_DIR'] ?? import.meta.dirname;

/** Writes `<client>.jsonl` with one line for each operation that succeeded, and replaces the file of an earlier run. */
export async function writeResults(client: Client, operations: Iterable<Operation>): Promise<void> {
  const seen = new Set(operations);
  const lines = OPERATIONS.filter((operation) => seen.has(operation)).map(
    (operation) => `${JSON.stringify({ operation, client } satisfies Result)}\n`,
  );
  await mkdir(resultsDirectory(), { recursive: true });
  await writeFile(
    join(resultsDirectory(), `${client.replace(' ', '-').toLowerCase()}.jsonl`),
    lines.join(''),
  );
}
