// Reads package.json, the lock file and docs/dependencies.md for the supply-chain tests.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = new URL('../..', import.meta.url).pathname;

export interface LockedPackage {
  readonly version: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface Packages {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
  /** The lock file's packages by path, excluding the project itself. */
  readonly locked: ReadonlyMap<string, LockedPackage>;
}

export const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

export function readPackages(): Packages {
  const own = JSON.parse(textOf('package.json')) as Omit<Packages, 'locked'>;
  const lock = JSON.parse(textOf('package-lock.json')) as { packages: Record<string, LockedPackage> };
  const locked = new Map(Object.entries(lock.packages).filter(([path]) => path !== ''));
  return { ...own, locked };
}

/** @returns the name of the package at this path in the lock file */
export const nameOf = (path: string): string => path.replace(/^.*node_modules\//, '');

/** @returns the cells of each table row under this heading in docs/dependencies.md */
export function tableOf(heading: string): string[][] {
  const [, after = ''] = textOf('docs/dependencies.md').split(`## ${heading}\n`);
  const [section = ''] = after.split(/^## /m);
  return section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/**
 * @returns the number of packages that a dependency installs; a package counts once for each location where it is
 * installed
 */
export function broughtBy(name: string, locked: Packages['locked']): number {
  const found = new Set<string>();
  const add = (from: string, wanted: string): void => {
    const path = pathOf(from, wanted, locked);
    if (path === undefined || found.has(path)) return;
    found.add(path);
    const { dependencies, optionalDependencies } = locked.get(path) ?? {};
    for (const next of Object.keys({ ...dependencies, ...optionalDependencies })) add(path, next);
  };
  add('', name);
  return found.size - 1;
}

/** Resolves a package as Node does, starting from the importing package's location. */
function pathOf(from: string, name: string, locked: Packages['locked']): string | undefined {
  let at = from;
  for (;;) {
    const path = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (locked.has(path)) return path;
    if (at === '') return undefined;
    at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')));
  }
}
