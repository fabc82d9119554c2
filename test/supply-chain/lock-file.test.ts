// Every package in the lock file has an integrity hash and comes from the public registry, and only approved packages have
// install scripts.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nameOf, readPackages, textOf } from './packages.ts';

const { allowScripts, locked } = readPackages();
const PUBLIC_REGISTRY = 'https://registry.npmjs.org/';

describe('the lock file', () => {
  it('has the integrity hash of each package', () => {
    assert.ok(locked.size > 100);
    for (const [path, { integrity = '' }] of locked) assert.match(integrity, /^sha512-[\w+/]{86}==$/, path);
  });

  it('refers only to the public registry, and contains no links to local packages', () => {
    for (const [path, { resolved = PUBLIC_REGISTRY, link = false }] of locked)
      assert.ok(!link && resolved.startsWith(PUBLIC_REGISTRY), `${path}: ${resolved}`);
    // No other field in the lock file contains a URL, except for funding URLs.
    const hosts = [...textOf('package-lock.json').matchAll(/"(?!url")(\w+)": "[^"]*?:\/\/([^/"]+)/g)];
    for (const [, field, host] of hosts) assert.equal(`${field} ${host}`, 'resolved registry.npmjs.org');
  });

  it('has install scripts for exactly the approved packages', () => {
    const scripted = [...locked].filter(([, { hasInstallScript = false }]) => hasInstallScript);
    for (const [path] of scripted) assert.equal(allowScripts[nameOf(path)], true, `allowScripts: ${path}`);
    const names = scripted.map(([path]) => nameOf(path));
    assert.deepEqual(Object.keys(allowScripts).toSorted(), names.toSorted());
  });
});
