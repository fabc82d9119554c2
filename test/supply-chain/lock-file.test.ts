// What the lock file installs: bytes that it knows beforehand, from the public registry, and no code of a package that nobody approved.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nameOf, readPackages, textOf } from './packages.ts';

const { allowScripts, locked } = readPackages();
const PUBLIC_REGISTRY = 'https://registry.npmjs.org/';

describe('the lock file', () => {
  it('has the integrity of each package', () => {
    assert.ok(locked.size > 100);
    for (const [path, { integrity = '' }] of locked) assert.match(integrity, /^sha512-[\w+/]{86}==$/, path);
  });

  it('names no place but the public registry, and no link', () => {
    for (const [path, { resolved = PUBLIC_REGISTRY, link = false }] of locked)
      assert.ok(!link && resolved.startsWith(PUBLIC_REGISTRY), `${path}: ${resolved}`);
    // Neither in a field that the lock file has besides, but for where authors take donations.
    const hosts = [...textOf('package-lock.json').matchAll(/"(?!url")(\w+)": "[^"]*?:\/\/([^/"]+)/g)];
    for (const [, field, host] of hosts) assert.equal(`${field} ${host}`, 'resolved registry.npmjs.org');
  });

  it('has install scripts of approved packages alone, and all that is approved has one', () => {
    const scripted = [...locked].filter(([, { hasInstallScript = false }]) => hasInstallScript);
    for (const [path] of scripted) assert.equal(allowScripts[nameOf(path)], true, `allowScripts: ${path}`);
    const names = scripted.map(([path]) => nameOf(path));
    assert.deepEqual(Object.keys(allowScripts).toSorted(), names.toSorted());
  });
});
