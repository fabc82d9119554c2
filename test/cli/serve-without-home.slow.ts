// A container may run under a user ID that has no entry in /etc/passwd and no HOME: libraries that look for a home directory then fail.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startWire } from '../support/wire.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const UNKNOWN_ID = 54_321;

it(
  'serves reads without HOME and with an unknown user ID',
  { skip: process.getuid?.() === 0 ? false : 'only root may start a process of another user' },
  async (test) => {
    const wire = await startWire({
      program: {
        command: [process.execPath, MAIN, 'serve'],
        options: { uid: UNKNOWN_ID, gid: UNKNOWN_ID },
      },
      ready: false,
    });
    test.after(() => wire.close());
    const reply = await wire.get('/acme-lake/raw/public/orders.csv', { as: 'reader' });
    assert.equal(reply.status, 200, wire.bridge.output());
  },
);
