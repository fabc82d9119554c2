// Makes what runs without node_modules: one file for each program, a package.json for them, and the licences of what is in them.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { thirdPartyLicenses } from './third-party-licenses.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The file that each program becomes, and where it begins. */
const PROGRAMS = { main: 'src/main.ts', probe: 'deploy/probe.ts' };

export interface Bundle {
  /** Bytes by file name. */
  readonly sizes: ReadonlyMap<string, number>;
}

/** @param directory made anew: whatever is in it is removed */
export async function bundle(directory: string): Promise<Bundle> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: PROGRAMS,
    outdir: directory,
    bundle: true,
    platform: 'node',
    // An image runs it as a script, which alone V8 gives a code cache of what has run; of an ES module that is not to be had.
    format: 'cjs',
    target: 'node24',
    metafile: true,
    // Theirs are in a file of its own, whole.
    legalComments: 'none',
    minifySyntax: true,
    // Without comments and indentation, and lines that a stack trace can point at; names stay.
    minifyWhitespace: true,
    lineLimit: 200,
    logLevel: 'warning',
    // A script of the `vm` module, as an image runs it, has no `import()`; of Node's own modules `require` gives the same, and sooner.
    supported: { 'dynamic-import': false },
    // Google, STS and S3 of the sandbox have no place in an image.
    external: ['./cli/sandbox.ts'],
  });
  for (const name of Object.keys(PROGRAMS)) await escapeText(join(directory, `${name}.js`));
  await writeFile(join(directory, 'package.json'), `${JSON.stringify(await manifest(), null, 2)}\n`);
  await writeFile(join(directory, 'THIRD-PARTY-LICENSES.txt'), await thirdPartyLicenses(ROOT, metafile));
  const outputs = Object.entries(metafile.outputs).map(
    ([path, { bytes }]) => [path.replace(/^.*\//, ''), bytes] as const,
  );
  return { sizes: new Map(outputs) };
}

/** Makes the small file that starts a program from its code cache. */
export async function bundleStart(file: string): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['deploy/start-program.ts'],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    logLevel: 'warning',
    banner: { js: '#!/usr/bin/env node' },
  });
}

/**
 * A single letter beyond Latin-1 has V8 keep two bytes for each of millions, and a reader decode them. esbuild escapes those of texts
 * itself, and leaves those of regular expressions.
 */
async function escapeText(path: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  const escaped = text.replace(
    /[^\0-\x7f]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  if (escaped !== text) await writeFile(path, escaped);
}

async function manifest(): Promise<object> {
  const own = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as Record<string, unknown>;
  const { name, version, description, license, engines } = own;
  return { name, version, description, license, engines, type: 'commonjs', bin: { fedbridge: 'main.js' } };
}
