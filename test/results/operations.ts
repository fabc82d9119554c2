// What the README's table of operations has: its rows and columns, and the file that a test run writes for a column.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Operations of the S3 API Reference, and the three ways to ask for less or another than the whole object of now. */
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

/** The table's columns. Other clients leave results too, of what they use of S3. */
export const COLUMNS = ['wire test', 'JS SDK', 'aws cli', 'boto3', 'Ceph'] as const;

export type Client = (typeof COLUMNS)[number] | 'rclone' | 's3cmd' | 's3fs';

export interface Result {
  readonly operation: string;
  readonly client: string;
}

/** Where results lie; RESULTS_DIR names another directory. */
export const resultsDirectory = (): string => process.env['RESULTS_DIR'] ?? import.meta.dirname;

/** Writes `<client>.jsonl`, one line for each operation that was seen to work, in the place of an earlier run's. */
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
