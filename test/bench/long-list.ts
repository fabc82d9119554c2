// Creates S3's XML for a ListObjectsV2 page with the given number of keys.

const ETAG = '&quot;9e107d9d372bb6826bd81d3542a419d6&quot;';

export function longList(bucket: string, keys: number): string {
  const contents = Array.from({ length: keys }, (_, index) => {
    const key = `raw/public/2026/11/part-${String(index).padStart(5, '0')}.parquet`;
    return (
      `<Contents><Key>${key}</Key><LastModified>2026-11-01T12:00:00.000Z</LastModified><ETag>${ETAG}</ETag>` +
      `<Size>${1_000_000 + index}</Size><StorageClass>STANDARD</StorageClass></Contents>`
    );
  });
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
    `<Name>${bucket}</Name><Prefix></Prefix><KeyCount>${keys}</KeyCount><MaxKeys>${keys}</MaxKeys>` +
    `<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>${contents.join('')}</ListBucketResult>`
  );
}
