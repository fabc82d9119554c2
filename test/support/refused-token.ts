// Asserts how the bridge rejects a token: with a 401, or with S3's error code for an S3 client, and with a log line. Neither
// the response nor the log may contain the token.
import assert from 'node:assert/strict';
import { FAULTS } from '../../src/errors/table.ts';
import type { FaultCode } from '../../src/errors/table.ts';
import type { LogLine } from './bridge-process.ts';
import type { Reply } from './http-request.ts';
import { asBearer, asS3Client } from './token-headers.ts';
import type { Wire } from './wire.ts';

/** An object that `reader` may read, so that a request can fail only because of its token. */
export const READABLE = '/acme-lake/raw/public/orders.csv';

export interface Refusal {
  readonly fault: FaultCode;
  /** A pattern for the message that the caller gets. */
  readonly says: RegExp;
  /** The status and error code that an S3 client gets; by default, 400 InvalidToken. */
  readonly toS3Client?: readonly [status: number, code: string];
}

export async function assertRefused(wire: Wire, token: string, refusal: Refusal): Promise<void> {
  const headers = asBearer(token);
  const xml = await wire.get(READABLE, { headers });
  assertChallenged(xml, refusal.says);
  assert.equal(xml.headers['content-type'], 'application/xml');
  assert.match(/<Message>(.*)<\/Message>/.exec(xml.text)?.[1] ?? '', refusal.says);
  assert.ok(xml.text.includes(`<RequestId>${idOf(xml)}</RequestId>`), xml.text);

  const json = await wire.get(READABLE, { headers: { ...headers, accept: 'application/json' } });
  assertChallenged(json, refusal.says);
  assert.equal(json.headers['content-type'], 'application/json');
  const document = JSON.parse(json.text) as Record<string, unknown>;
  assert.match(String(document['message']), refusal.says);
  assert.equal(document['error'], 'unauthenticated');
  assert.equal(document['requestId'], idOf(json));

  const head = await wire.get(READABLE, { headers, method: 'HEAD' });
  assertChallenged(head, refusal.says);
  assert.equal(head.body.length, 0);

  const s3 = await wire.get(READABLE, { headers: asS3Client(token) });
  const [status, code] = refusal.toS3Client ?? [400, 'InvalidToken'];
  assert.deepEqual([s3.status, s3.code], [status, code], s3.text);
  assert.equal(s3.headers['x-fedbridge-error'], 'unauthenticated');
  assert.equal(s3.headers['www-authenticate'], undefined, 'only plain HTTP clients get a challenge');
  assert.match(s3.text, refusal.says);

  for (const reply of [xml, json, head, s3]) {
    await assertLogged(wire, reply, refusal.fault);
    assertWithout(token, `${reply.rawHeaders.join('\n')}\n${reply.text}`);
  }
  assertWithout(token, wire.bridge.output());
}

/** @returns the log line of the response */
export async function assertLogged(
  wire: Wire,
  reply: Reply,
  fault: FaultCode,
  remedy: string = FAULTS[fault].fix,
): Promise<LogLine> {
  const line = await wire.bridge.line(({ requestId }) => requestId === idOf(reply));
  assert.equal(line['fault'], fault);
  assert.equal(line['remedy'], remedy);
  assert.equal(line['status'], reply.status);
  return line;
}

/**
 * Asserts that the text contains neither the token nor its signature. Ignores a very short signature, which could occur by
 * chance.
 */
export function assertWithout(token: string, text: string): void {
  assert.ok(!text.includes(token), 'the token is in the text');
  const signature = token.split('.')[2] ?? '';
  assert.ok(signature.length < 20 || !text.includes(signature), "the token's signature is in the text");
}

function assertChallenged(reply: Reply, says: RegExp): void {
  assert.equal(reply.status, 401, reply.text);
  const challenge = reply.headers['www-authenticate'] ?? '';
  assert.match(challenge, /^Bearer realm="fedbridge", error="invalid_token", error_description="[^"]+"$/);
  assert.match(challenge, says);
  assert.equal(reply.headers['x-fedbridge-error'], 'unauthenticated');
  assert.equal(reply.headers['cache-control'], 'no-store');
}

function idOf({ headers }: Reply): string {
  const id = headers['x-request-id'];
  assert.ok(typeof id === 'string' && id !== '', 'the response has a request ID');
  return id;
}
