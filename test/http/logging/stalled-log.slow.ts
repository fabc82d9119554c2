// If nobody reads the bridge's log, the bridge keeps serving and still exits on SIGTERM.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { it } from 'node:test';
import { startSandbox } from '../../../src/sandbox/sandbox.ts';
import { request } from '../../support/http-request.ts';
import { startUnreadBridge } from '../../support/unread-log.ts';
import { inTime } from '../../support/until.ts';

/** More log lines than fit in a pipe. */
const REQUESTS = 400;

it('a log that nobody reads blocks neither callers nor shutdown', async (test) => {
  const sandbox = await startSandbox();
  test.after(() => sandbox.close());
  const bridge = await startUnreadBridge(sandbox);
  test.after(() => bridge.process.kill('SIGKILL'));
  const exited = once(bridge.process, 'exit');
  for (let i = 0; i < REQUESTS; i += 1) {
    assert.equal((await request(bridge.url, `/acme-lake/${'x'.repeat(600)}`)).status, 401);
  }
  bridge.process.kill('SIGTERM');
  assert.deepEqual(await inTime('the bridge exits', exited), [0, null]);
});
