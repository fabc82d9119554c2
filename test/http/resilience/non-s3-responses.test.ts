// Responses that S3 never sends are rejected instead of being passed on to the caller as complete.
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { startStandIn } from '../../support/stand-in.ts';
import type { StandIn } from '../../support/stand-in.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

describe('an S3 endpoint', () => {
  let wire: Wire;
  let s3: StandIn;
  let respond: (socket: Socket) => void;
  before(async () => {
    s3 = await startStandIn(({ socket }) => {
      respond(socket);
    });
    wire = await startWire({
      config: ({ role }) => `audience: https://lake-bridge.example
aws: { region: eu-west-1, audience: fedbridge }
roles: { lake: { arn: ${role} } }
buckets: { acme-lake: { role: lake, endpoint: "${s3.origin}" } }
grants: [{ callers: [project:acme-prod], allow: [get, list], bucket: acme-lake }]`,
    });
  });
  after(async () => {
    await wire.close();
    s3.close();
  });

  for (const [what, bytes] of [
    ['that ends a body by closing the connection', 'HTTP/1.1 200 OK\r\n\r\nhal'],
    [
      'that redirects to another host',
      'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n',
    ],
    ['that sends an undefined status', 'HTTP/1.1 999 Whatever\r\nContent-Length: 0\r\n\r\n'],
    [
      'that sends a status whose body some clients skip',
      'HTTP/1.1 205 Reset Content\r\nContent-Length: 2\r\n\r\nhi',
    ],
    [
      'that switches protocols',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
    ],
    ['that uses another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ] as const) {
    it(`${what} causes a 503 and is logged as s3_invalid_response`, async () => {
      respond = (socket) => socket.end(bytes, 'latin1');
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
