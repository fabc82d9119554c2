// Creates a bucket with its initial content: the objects of the seed, or the files in a directory.
import type { SeedBucket } from '../seed.ts';
import { createDirectoryBucket } from './directory-bucket.ts';
import type { Bucket } from './objects.ts';
import { putSamples } from './sample.ts';
import { createStoredBucket } from './stored-bucket.ts';

/** @param directory a directory to serve as the bucket's content instead of the seed's objects */
export async function createSeedBucket(
  { keys, ...named }: SeedBucket,
  directory: string | undefined,
  created: number,
): Promise<Bucket> {
  if (directory !== undefined) return createDirectoryBucket({ ...named, created }, directory);
  const bucket = createStoredBucket({ ...named, created });
  putSamples(bucket, keys);
  return bucket;
}
