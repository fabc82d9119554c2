// A bridge that has to ask for its identity token at each STS call, and what happens while it gets none.
import assert from 'node:assert/strict';
import { FAULTS } from '../../src/errors/table.ts';
import type { FaultCode } from '../../src/errors/table.ts';
import { asAccount, READABLE, sessionsAtSts } from './sessions-at-sts.ts';
import { request } from './http-request.ts';
import { inTime } from './until.ts';
import type { Wire } from './wire.ts';

/** So short that each STS call asks for the token anew. */
export const SHORT_SECONDS = 30;

/**
 * Claims that a caller without credentials is told to come back or that nothing will help, by the fault's own row; that STS is
 * not asked, and that the log says why, and no token.
 */
export async function assertFault(wire: Wire, account: number, fault: FaultCode): Promise<void> {
  await wire.forgetCalls();
  const reply = await inTime(
    'the answer comes',
    request(wire.bridge.url, READABLE, { headers: asAccount(wire, account) }),
  );
  const line = await wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']);
  assert.equal(line['fault'], fault);
  assert.equal(line['remedy'], FAULTS[fault].fix);
  assert.equal(reply.status, FAULTS[fault].status);
  assert.equal(reply.headers['x-fedbridge-error'], 'federation_failed');
  assert.doesNotMatch(reply.text, /127\.0\.0\.1|gserviceaccount|eyJ|\/tmp/);
  assert.deepEqual(await sessionsAtSts(wire), [], 'STS is not asked without a token');
  assertNoSecrets(wire);
}

export async function assertServed(wire: Wire, account: number): Promise<void> {
  const reply = await wire.get(READABLE, { headers: asAccount(wire, account) });
  assert.equal(reply.status, 200, `${reply.text}\n${wire.bridge.output()}`);
}

/** JSON Web Tokens, Google's access tokens and refresh tokens. */
export function assertNoSecrets(wire: Wire): void {
  assert.doesNotMatch(wire.bridge.output(), /eyJ[\w-]{10,}\.[\w-]{10,}|ya29\.|1\/\/|client.secret/i);
}
