// Bytes that follow a response to HEAD never reach the next caller. Only connections to AWS are reused after HEAD.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createAuthority } from '../../faults/certificates.ts';
import { fakedNames } from '../../faults/faked-names.ts';
import { configured, READER_MAY_ALL } from '../../support/configuration.ts';
import { startStandIn } from '../../support/stand-in.ts';
import { startWire } from '../../support/wire.ts';

const AWS = 's3.eu-west-1.amazonaws.com';

const configOf = (endpoint: string) =>
  configured({
    buckets: { 'acme-lake': `role: lake, region: eu-west-1, endpoint: "${endpoint}"` },
    grants: [READER_MAY_ALL],
  });

describe('HEAD', () => {
  it('of an object at a custom endpoint does not leak an unexpected body to the next caller', async (test) => {
    const hasExtraBytes = new WeakSet();
    const s3 = await startStandIn(({ method, socket }) => {
      const of = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: 4\r\nETag: "e"\r\n\r\n${body}`;
      if (hasExtraBytes.has(socket)) socket.write(of('evil'));
      else if (method === 'HEAD') {
        socket.write(of(''));
        // The unexpected body is itself an HTTP response, and is in flight when the next request arrives.
        hasExtraBytes.add(socket);
      } else socket.write(of('good'));
    });
    test.after(() => {
      s3.close();
    });
    const wire = await startWire({ config: configOf(s3.origin) });
    test.after(() => wire.close());
    for (let i = 0; i < 3; i += 1) {
      const reply = await wire.get('/acme-lake/a', { as: 'reader', method: 'HEAD' });
      assert.equal(reply.headers['content-length'], '4');
      assert.equal((await wire.get('/acme-lake/b', { as: 'reader' })).text, 'good');
    }
  });

  it('of an object in AWS keeps the connection to S3 open', async (test) => {
    const authority = createAuthority(AWS);
    const server = createServer(authority.good, (_request, response) => {
      response.writeHead(200, { etag: '"e"', 'content-length': 10 }).end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    test.after(() => {
      server.close();
      server.closeAllConnections();
    });
    const directory = await mkdtemp(join(tmpdir(), 'fedbridge-head-'));
    test.after(() => rm(directory, { recursive: true }));
    const certificate = join(directory, 'authority.pem');
    await writeFile(certificate, authority.cert);
    const names = await fakedNames([AWS]);
    test.after(() => names.remove());
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const wire = await startWire({
      config: configOf(`https://${AWS}:${address.port}`),
      environment: {
        ...names.environment,
        NODE_EXTRA_CA_CERTS: certificate,
        NODE_OPTIONS: `--import=${names.preload}`,
      },
    });
    test.after(() => wire.close());
    const read = async (): Promise<void> => {
      const reply = await wire.get('/acme-lake/a', { as: 'reader', method: 'HEAD' });
      assert.equal(reply.headers['content-length'], '10');
    };
    await read();
    let connections = 0;
    server.on('secureConnection', () => (connections += 1));
    for (let i = 0; i < 5; i += 1) await read();
    assert.equal(connections, 0);
  });
});
