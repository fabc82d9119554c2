// On Google Cloud, the bridge starts without libraries that only a laptop needs, because callers wait during a cold
// start.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { it } from 'node:test';
import '../../src/cli/serve.ts';

const loaded = Object.keys(createRequire(import.meta.url).cache);
const isLoaded = (library: string): boolean =>
  loaded.some((path) => path.includes(`/node_modules/${library}/`));

it('`fedbridge serve` loads no library for logins or profiles at startup', () => {
  assert.ok(
    isLoaded('@aws-sdk/client-sts') && isLoaded('gcp-metadata'),
    'this test can see which libraries are loaded',
  );
  for (const library of ['google-auth-library', '@aws-sdk/credential-provider-ini'])
    assert.ok(!isLoaded(library), library);
});
