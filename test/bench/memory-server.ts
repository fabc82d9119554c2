// The yardstick: Express alone, answering 1 KiB from memory. No Node program that uses Express answers faster.
import express from 'express';
import { SMALL } from './objects.ts';

const [port = ''] = process.argv.slice(2);

const objects = new Map<string, Buffer>(SMALL.map(({ key, content }) => [key, content()]));
const app = express();
app.disable('x-powered-by');
app.get('/:bucket/*key', (request, response) => {
  const content = objects.get(request.params.key.join('/')) ?? Buffer.alloc(0);
  // Not `response.send`, which would hash each answer for an ETag.
  response.writeHead(200, { 'content-type': 'binary/octet-stream', 'content-length': content.length });
  response.end(content);
});
app.listen(Number(port), '127.0.0.1');
