// Reads one page of a list for people and scripts who would rather not read S3's XML: the SDK reads it, and only reads it.
import { Readable } from 'node:stream';
import { Fault } from '../fault.ts';
import type { Answer } from './transport.ts';

/** The names are ours and stay; what S3 adds to its own does not show. */
export interface ListPage {
  readonly objects: readonly {
    readonly key: string;
    /** Bytes. */
    readonly size: number;
    /** RFC 3339. */
    readonly lastModified: string;
    readonly etag: string;
    readonly storageClass: string;
  }[];
  /** Common prefixes, where there was a delimiter. */
  readonly prefixes: readonly string[];
  /** What `continue` takes for the next page; null on the last. */
  readonly next: string | null;
}

/**
 * @param answer of a ListObjectsV2 with `encoding-type=url`, of which the SDK leaves the decoding to us
 * @throws Fault s3_invalid_response at a body that is no list, or is cut
 */
export async function readListPage(answer: Answer): Promise<ListPage> {
  // Loaded where it is asked for: the SDK takes longer to load than all the rest.
  const { ListObjectsV2Command, S3Client } = await import('@aws-sdk/client-s3');
  const body = new Readable({
    read: () => {
      answer.resume();
    },
  });
  // Until the SDK listens.
  body.on('error', () => undefined);
  answer.pipe({
    write: (chunk) => body.push(chunk),
    end: () => body.push(null),
    fail: (error) => body.destroy(error),
  });
  const client = new S3Client({
    region: 'us-east-1',
    credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
    maxAttempts: 1,
    // The request has been made, by our own reader and under its rules.
    requestHandler: {
      handle: () => Promise.resolve({ response: { statusCode: answer.status, headers: {}, body } }),
    },
  });
  const page = await client.send(new ListObjectsV2Command({ Bucket: 'listed' })).catch(() => {
    throw new Fault('s3_invalid_response', { error: 'no list, or cut' });
  });
  // Another document, and none at all, are lists without a name to the SDK.
  if (page.Name === undefined) throw new Fault('s3_invalid_response', { error: 'no list' });
  return {
    objects: (page.Contents ?? []).map(
      ({ Key = '', Size = 0, LastModified, ETag = '', StorageClass = 'STANDARD' }) => ({
        ...{ key: decode(Key), size: Size, lastModified: LastModified?.toISOString() ?? '', etag: ETag },
        storageClass: StorageClass,
      }),
    ),
    prefixes: (page.CommonPrefixes ?? []).map(({ Prefix = '' }) => decode(Prefix)),
    next: page.NextContinuationToken ?? null,
  };
}

const decode = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '));
