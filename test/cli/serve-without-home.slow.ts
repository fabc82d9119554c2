// A container may run with a user ID that is not in /etc/passwd and without HOME. A library that looks up the home
// directory fails in such a container.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startWire } from '../support/wire.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const UNKNOWN_ID = 54_321;

it(
  'fedbridge serve serves reads even if HOME is unset and its user ID is unknown',
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
