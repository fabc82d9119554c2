// Every package that src/ imports at runtime is in `dependencies`, because an installation from npm contains no other
// packages.
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { describe, it } from 'node:test';
import { readPackages, ROOT, textOf } from './packages.ts';

const IMPORTED = /^(?:import|export) (?!type )(?:[^;']* from )?'([^'.][^']*)';|\bimport\('([^'.][^']*)'/gm;

/** @returns the name of the package in `@scope/name/part` or `name/part` */
const packageOf = (specifier: string): string => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;

const imported = new Set(
  globSync('src/**/*.ts', { cwd: ROOT })
    .flatMap((path) => [...textOf(path).matchAll(IMPORTED)])
    .map(([, fixed, loadedLater = '']) => fixed ?? loadedLater)
    .filter((specifier) => !isBuiltin(specifier))
    .map(packageOf),
);

describe('dependencies in package.json', () => {
  it('are exactly the packages that src/, including the sandbox, imports', () => {
    assert.deepEqual([...imported].toSorted(), Object.keys(readPackages().dependencies).toSorted());
  });
});
