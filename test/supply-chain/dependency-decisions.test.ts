// docs/dependencies.md lists exactly the direct dependencies, and every installed package has a license that the page
// allows.
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
  describe(`the table of ${heading.toLowerCase()} dependencies in docs/dependencies.md`, () => {
    const rows = tableOf(heading);

    it('lists each package once, in order, and no others', () => {
      assert.deepEqual(
        rows.map(([name]) => name),
        Object.keys(wanted).map((name) => `\`${name}\``),
      );
    });

    it('shows the license of each package, how many packages it adds, and why it is needed', () => {
      for (const [quoted = '', license, brings, why = ''] of rows) {
        const name = quoted.replaceAll('`', '');
        const expected = locked.get(`node_modules/${name}`)?.license;
        assert.deepEqual([license, Number(brings)], [expected, broughtBy(name, locked)], name);
        assert.match(why, /\w.*\.$/, name);
      }
    });
  });
}

describe('the licenses of production packages', () => {
  const production = [...locked].filter(([, { dev = false }]) => !dev);
  const allowed = tableOf('Licenses').map(([license]) => license);

  it('are exactly those that docs/dependencies.md allows', () => {
    for (const [path, { license }] of production)
      assert.ok(allowed.includes(license), `${nameOf(path)}: ${license}`);
    const used = new Set(production.map(([, { license }]) => license));
    assert.deepEqual(allowed.toSorted(), [...used].toSorted());
  });

  it('are listed correctly in docs/licenses.md', () => {
    assert.ok(isCurrent(), 'run node test/supply-chain/render.ts');
  });
});
