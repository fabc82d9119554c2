// Serves 1 KiB from memory with plain Express, which shows an upper bound for the speed of any Express program.
import express from 'express';
import { SMALL } from './objects.ts';

const [port = ''] = process.argv.slice(2);

const objects = new Map<string, Buffer>(SMALL.map(({ key, content }) => [key, content()]));
const app = express();
app.disable('x-powered-by');
app.get('/:bucket/*key', (request, response) => {
  const content = objects.get(request.params.key.join('/')) ?? Buffer.alloc(0);
  // Avoids `response.send`, which computes an ETag for each response.
  response.writeHead(200, { 'content-type': 'binary/octet-stream', 'content-length': content.length });
  response.end(content);
});
app.listen(Number(port), '127.0.0.1');
