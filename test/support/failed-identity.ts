// Helpers for tests in which the bridge cannot get an identity token.
import assert from 'node:assert/strict';
import { FAULTS } from '../../src/errors/table.ts';
import type { FaultCode } from '../../src/errors/table.ts';
import { asAccount, READABLE, sessionsAtSts } from './sessions-at-sts.ts';
import { request } from './http-request.ts';
import { inTime } from './until.ts';
import type { Wire } from './wire.ts';

/** A lifetime that is so short that the bridge requests a new identity token for each STS call. */
export const SHORT_SECONDS = 30;

/**
 * Asserts that a caller without a session gets the documented response, that the bridge does not call STS, and that it logs the
 * cause but no token.
 */
export async function assertFault(wire: Wire, account: number, fault: FaultCode): Promise<void> {
  await wire.forgetCalls();
  const reply = await inTime(
    'the response',
    request(wire.bridge.url, READABLE, { headers: asAccount(wire, account) }),
  );
  const line = await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
  assert.equal(line['fault'], fault);
  assert.equal(line['remedy'], FAULTS[fault].fix);
  assert.equal(reply.status, FAULTS[fault].status);
  assert.equal(reply.headers['x-fedbridge-error'], 'federation_failed');
  assert.doesNotMatch(reply.text, /127\.0\.0\.1|gserviceaccount|eyJ|\/tmp/);
  assert.deepEqual(await sessionsAtSts(wire), [], 'STS is not called without a token');
  assertNoSecrets(wire);
}

export async function assertServed(wire: Wire, account: number): Promise<void> {
  const reply = await wire.get(READABLE, { headers: asAccount(wire, account) });
  assert.equal(reply.status, 200, `${reply.text}\n${wire.bridge.output()}`);
}

/** Asserts that the log contains no JSON Web Token, Google access token, refresh token or client secret. */
export function assertNoSecrets(wire: Wire): void {
  assert.doesNotMatch(wire.bridge.output(), /eyJ[\w-]{10,}\.[\w-]{10,}|ya29\.|1\/\/|client.secret/i);
}
