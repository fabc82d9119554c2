// Every package that src/ imports at runtime is in `dependencies`, because an installation from npm contains no other packages. The
// packages in the console's page are built into it.
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { describe, it } from 'node:test';
import { PACKAGES_IN_PAGE } from '../../deploy/sbom.ts';
import { readPackages, ROOT, textOf } from './packages.ts';

const IMPORTED = /^(?:import|export) (?!type )(?:[^;']* from )?'([^'.][^']*)';|\bimport\('([^'.][^']*)'/gm;

/** @returns the name of the package in `@scope/name/part` or `name/part` */
const packageOf = (specifier: string): string => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;

const PAGE = /^src\/console\/(?:web\/|build-assets\.ts$)/;

const all = globSync('src/**/*.ts', { cwd: ROOT });

const importedBy = (files: readonly string[]): Set<string> =>
  new Set(
    files
      .flatMap((path) => [...textOf(path).matchAll(IMPORTED)])
      .map(([, fixed, loadedLater = '']) => fixed ?? loadedLater)
      .filter((specifier) => !isBuiltin(specifier))
      .map(packageOf),
  );

const imported = importedBy(all.filter((path) => !PAGE.test(path)));

describe('dependencies in package.json', () => {
  it('are exactly the packages that src/, including the sandbox, imports', () => {
    assert.deepEqual([...imported].toSorted(), Object.keys(readPackages().dependencies).toSorted());
  });

  it("do not include the packages in the console's page, which are development dependencies and are in the SBOM", () => {
    const inPage = importedBy(all.filter((path) => path.startsWith('src/console/web/')));
    assert.deepEqual([...inPage].toSorted(), PACKAGES_IN_PAGE.toSorted());
    for (const name of inPage) assert.ok(name in readPackages().devDependencies, name);
  });
});
