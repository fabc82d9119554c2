// A simple alternative to the bridge, with Express and the AWS SDK's GetObject. This server has no authentication, logs or
// metrics.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import express from 'express';

const [port = '', endpoint = '', region = ''] = process.argv.slice(2);

const s3 = new S3Client({
  endpoint,
  region,
  forcePathStyle: true,
  // Arbitrary access keys are enough, because the origin does not check signatures. The session token is as long as one from
  // STS.
  credentials: { accessKeyId: 'ASIAEXAMPLE', secretAccessKey: 'secret', sessionToken: 'x'.repeat(1000) },
  requestHandler: {
    httpAgent: { keepAlive: true, maxSockets: 1024 },
    httpsAgent: { keepAlive: true, maxSockets: 1024 },
  },
});

const app = express();
app.get('/:bucket/*key', async (request, response) => {
  const { bucket, key } = request.params;
  const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key.join('/') }));
  if (!(object.Body instanceof Readable)) throw new Error('the object has no body');
  response.set({
    'content-type': object.ContentType ?? 'binary/octet-stream',
    'content-length': String(object.ContentLength ?? 0),
    etag: object.ETag ?? '',
    ...(object.LastModified === undefined ? {} : { 'last-modified': object.LastModified.toUTCString() }),
  });
  try {
    await pipeline(object.Body, response);
  } catch (error) {
    // Ignores disconnects, because wrk closes its connections mid-response when the load ends.
    if (!response.destroyed) throw error;
  }
});
app.listen(Number(port), '127.0.0.1');
