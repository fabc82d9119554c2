// docs/dependencies.md names every package that we ask for, and nothing else; what is installed is under a licence that it allows.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { broughtBy, nameOf, readPackages, tableOf } from './packages.ts';
import { isCurrent } from './render.ts';

const packages = readPackages();
const { locked } = packages;

for (const [heading, wanted] of [
  ['Production', packages.dependencies],
  ['Development', packages.devDependencies],
] as const) {
  describe(`the page’s table of ${heading.toLowerCase()}`, () => {
    const rows = tableOf(heading);

    it('has each package once, in order, and no other', () => {
      assert.deepEqual(
        rows.map(([name]) => name),
        Object.keys(wanted).map((name) => `\`${name}\``),
      );
    });

    it('has the licence of each, how many packages it brings, and why it is there', () => {
      for (const [quoted = '', licence, brings, why = ''] of rows) {
        const name = quoted.replaceAll('`', '');
        const said = locked.get(`node_modules/${name}`)?.license;
        assert.deepEqual([licence, Number(brings)], [said, broughtBy(name, locked)], name);
        assert.match(why, /\w.*\.$/, name);
      }
    });
  });
}

describe('licences', () => {
  const production = [...locked].filter(([, { dev = false }]) => !dev);
  const allowed = tableOf('Licences').map(([licence]) => licence);

  it('of what production brings are those that the page allows, each of which is in use', () => {
    for (const [path, { license }] of production)
      assert.ok(allowed.includes(license), `${nameOf(path)}: ${license}`);
    const used = new Set(production.map(([, { license }]) => license));
    assert.deepEqual(allowed.toSorted(), [...used].toSorted());
  });

  it('are listed as they are', () => {
    assert.ok(isCurrent(), 'run node test/supply-chain/render.ts');
  });
});
