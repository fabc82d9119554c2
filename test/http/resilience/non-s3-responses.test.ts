// Answers that S3 would not give are not handed on as if they were whole, and a connection serves as long as it can.
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { startRawS3 } from '../../support/raw-s3.ts';
import type { RawS3 } from '../../support/raw-s3.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

describe('an S3', () => {
  let wire: Wire;
  let s3: RawS3;
  let answer: (socket: Socket) => void;
  before(async () => {
    s3 = await startRawS3((socket) => {
      answer(socket);
    });
    wire = await startWire({
      config: ({ role }) => `audience: https://lake-bridge.example
aws: { region: eu-west-1, audience: fedbridge }
roles: { lake: { arn: ${role} } }
buckets: { acme-lake: { role: lake, endpoint: "${s3.url}" } }
grants: [{ callers: [project:acme-prod], allow: [get, list], bucket: acme-lake }]`,
    });
  });
  after(async () => {
    await wire.close();
    s3.close();
  });

  for (const [what, bytes] of [
    ['that ends a body by ending the connection', 'HTTP/1.1 200 OK\r\n\r\nhal'],
    [
      'that redirects to another host',
      'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n',
    ],
    ['that answers with a status of its own', 'HTTP/1.1 999 Whatever\r\nContent-Length: 0\r\n\r\n'],
    [
      'that answers with a status whose body some readers skip',
      'HTTP/1.1 205 Reset Content\r\nContent-Length: 2\r\n\r\nhi',
    ],
    [
      'that changes the protocol',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
    ],
    ['that speaks something else', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ] as const) {
    it(`${what} is 503, and the log names it`, async () => {
      answer = (socket) => socket.end(bytes, 'latin1');
      const reply = await wire.get('/acme-lake/a', { as: 'reader' });
      assert.equal(reply.status, 503);
      assert.equal(reply.headers['x-fedbridge-error'], 'upstream_failed');
      await wire.bridge.line(
        ({ fault, requestId }) =>
          fault === 's3_invalid_response' && requestId === reply.headers['x-request-id'],
      );
    });
  }
});
