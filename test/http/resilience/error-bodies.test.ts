// If the body of an S3 error response is too long or never ends, the bridge uses the status and code and stops reading the
// body.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { startStoodInWire } from '../../support/stand-in-wire.ts';
import type { StoodInWire } from '../../support/stand-in-wire.ts';

describe('an endless S3 error document', () => {
  let wire: StoodInWire;
  before(async () => {
    wire = await startStoodInWire();
  });
  after(() => wire.close());

  it("does not prevent the caller from getting S3's status and code, and the bridge closes the connection to S3", async () => {
    const { promise: closed, resolve } = Promise.withResolvers<unknown>();
    const endlessly = (response: ServerResponse): void => {
      while (!response.destroyed && response.write('<Message>again and again</Message>'.repeat(1_000)));
    };
    wire.s3Answers((_request, response) => {
      resolve(once(response, 'close'));
      response.writeHead(404, { 'content-type': 'application/xml' });
      response.write('<Error><Code>NoSuchKey</Code>');
      response.on('drain', () => {
        endlessly(response);
      });
      endlessly(response);
    });
    const reply = await wire.read();
    assert.deepEqual([reply.status, reply.code], [404, 'NoSuchKey']);
    await closed;
  });
});
