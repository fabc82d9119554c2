// The files in src have no import cycles, even if type imports are included.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { it } from 'node:test';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '../..');

type Imports = ReadonlyMap<string, readonly string[]>;

function importsOf(path: string): string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(path, 'utf8'));
  return importedFiles.map(({ fileName }) => fileName).filter((name) => name.startsWith('.'));
}

function importsIn(folder: string): Imports {
  const files = globSync('**/*.ts', { cwd: folder }).map((file) => join(folder, file));
  return new Map(files.map((file) => [file, importsOf(file).map((name) => join(dirname(file), name))]));
}

/** @returns the files of one cycle, each followed by a file that it imports; undefined if there is none */
function findCycle(imports: Imports): readonly string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): readonly string[] | undefined => {
    if (done.has(file)) return undefined;
    const start = path.indexOf(file);
    if (start !== -1) return [...path.slice(start), file];
    path.push(file);
    for (const imported of imports.get(file) ?? []) {
      const cycle = visit(imported);
      if (cycle !== undefined) return cycle;
    }
    path.pop();
    done.add(file);
    return undefined;
  };
  for (const file of imports.keys()) {
    const cycle = visit(file);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

it('the import check finds a cycle', () => {
  const imports = new Map([
    ['a', ['b', 'c']],
    ['b', []],
    ['c', ['d']],
    ['d', ['c']],
  ]);
  assert.deepEqual(findCycle(imports), ['c', 'd', 'c']);
});

it('the import check finds type imports and dynamic imports', () => {
  const found = importsOf(join(ROOT, 'src/cli/reload.ts'));
  assert.ok(found.includes('../config/types.ts'), 'a type import');
  assert.ok(importsOf(join(ROOT, 'src/main.ts')).includes('./cli/serve.ts'), 'a dynamic import');
});

it('src has no import cycle', () => {
  const imports = importsIn(join(ROOT, 'src'));
  assert.ok(imports.size > 100, 'the files of src are found');
  const cycle = findCycle(imports)?.map((file) => relative(ROOT, file));
  assert.deepEqual(cycle ?? [], []);
});
