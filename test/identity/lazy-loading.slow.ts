// A bridge on Google Cloud starts without the libraries that only laptops need: a cold start is a caller waiting.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { it } from 'node:test';
import '../../src/cli/serve.ts';

const loaded = Object.keys(createRequire(import.meta.url).cache);
const isLoaded = (library: string): boolean =>
  loaded.some((path) => path.includes(`/node_modules/${library}/`));

it('`serve` has loaded no library for logins or profiles', () => {
  assert.ok(isLoaded('@aws-sdk/client-sts') && isLoaded('gcp-metadata'), 'this sees what is loaded');
  for (const library of ['google-auth-library', '@aws-sdk/credential-provider-ini'])
    assert.ok(!isLoaded(library), library);
});
