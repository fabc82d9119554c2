// The generated files and the generated parts of the reference pages are up to date.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rendered, textOf } from './render.ts';

for (const [path, text] of await rendered())
  test(`${path} is up to date`, () => {
    assert.equal(textOf(path), text, 'Run `node test/docs/render.ts`.');
  });
