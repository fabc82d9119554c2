// THIRD-PARTY-LICENSES.txt lists every package with code in the bundled programs, together with the package's license text.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { bundle } from '../../deploy/bundle.ts';
import { thirdPartyLicenses } from '../../deploy/third-party-licenses.ts';
import { ROOT } from './dockerfile.ts';
import { makeDirectory } from './image.ts';

let directory: string;
before(() => {
  directory = makeDirectory();
});
after(() => {
  rmSync(directory, { recursive: true });
});

describe("a bundle's license file", () => {
  it('contains the full license of every direct and indirect dependency', async () => {
    const made = join(directory, 'dist');
    await bundle(made);
    const text = readFileSync(join(made, 'THIRD-PARTY-LICENSES.txt'), 'utf8');
    const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { version: string; license: string; dependencies?: Record<string, string> }>;
    };
    const heads = [...text.matchAll(/^((?:@[\w.-]+\/)?[\w.-]+) (\d\S*) \((\S+)\)$/gm)];
    for (const [, name = '', version, license] of heads) {
      const locked = lock.packages[`node_modules/${name}`];
      assert.deepEqual([version, license], [locked?.version, locked?.license], name);
    }
    const names = heads.map(([, name]) => name);
    assert.ok(names.length > 100, String(names.length));
    assert.equal(new Set(names).size, names.length);
    for (const name of Object.keys(lock.packages['']?.dependencies ?? {}))
      assert.ok(names.includes(name), name);
    for (const [, part = ''] of text.matchAll(/={80}\n\n((?:\S.*\(\S+\)\n)+\n[^]*?)(?=\n={80}|$)/g))
      assert.match(
        part,
        /Permission is hereby granted|Permission to use|Apache License|Redistribution and use|Blue Oak Model License/,
        part.slice(0, 80),
      );
    assert.ok(!names.includes('esbuild'));
  });

  const inputsOf = (bytesInOutput: number) => ({
    outputs: { 'main.js': { inputs: { 'node_modules/odd/index.js': { bytesInOutput } } } },
  });
  const makePackage = (manifest: object, files: Readonly<Record<string, string>> = {}): string => {
    const root = join(directory, 'root');
    rmSync(root, { recursive: true, force: true });
    mkdirSync(join(root, 'node_modules/odd'), { recursive: true });
    writeFileSync(join(root, 'LICENSE'), 'Apache License, from the root');
    const all = { 'package.json': JSON.stringify({ name: 'odd', version: '1.0.0', ...manifest }), ...files };
    for (const [name, text] of Object.entries(all)) writeFileSync(join(root, 'node_modules/odd', name), text);
    return root;
  };

  it("contains an Apache-2.0 package's notices, and the license text even if the package lacks it", async () => {
    const root = makePackage({ license: 'Apache-2.0' }, { NOTICE: 'Odd, by Odd Ltd.' });
    const text = await thirdPartyLicenses(root, [inputsOf(1)]);
    assert.match(
      text,
      /odd 1\.0\.0 \(Apache-2\.0\)\n\nApache License, from the root\n\nOdd, by Odd Ltd\.\n$/,
    );
    assert.ok(!(await thirdPartyLicenses(root, [inputsOf(0)])).includes('odd'));
  });

  it("contains the license text from a package's README if the package has no license file", async () => {
    const readme = '# odd\n\nCopyright is not meant here.\n\n## License\n\nMIT, Copyright (c) Odd\n';
    const root = makePackage({ license: 'MIT' }, { 'README.md': readme });
    assert.match(await thirdPartyLicenses(root, [inputsOf(1)]), /\(MIT\)\n\nMIT, Copyright \(c\) Odd\n$/);
  });

  it('cannot be created if a license or its text is missing, so the build fails', async () => {
    await assert.rejects(
      thirdPartyLicenses(makePackage({ license: 'MIT' }), [inputsOf(1)]),
      /^Error: odd: must include its license text, but does not\./,
    );
    await assert.rejects(
      thirdPartyLicenses(makePackage({}), [inputsOf(1)]),
      /^Error: odd: must name its license in package\.json, but does not\./,
    );
  });
});
