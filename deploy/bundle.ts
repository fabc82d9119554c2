// Builds files that run without node_modules: one file per program, a package.json, and the bundled packages' licenses.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Plugin } from 'esbuild';
import { writeConsoleAssets } from './console-assets.ts';
import { thirdPartyLicenses } from './third-party-licenses.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The file with the console's page. Only the console loads this file, so that the bridge's program stays small. */
const CONSOLE_ASSETS = 'console-assets.js';

const CONSOLE_ASSETS_APART: Plugin = {
  name: 'console-assets-apart',
  setup: ({ onResolve }) => {
    onResolve({ filter: /\/built-assets\.ts$/ }, () => ({ path: `./${CONSOLE_ASSETS}`, external: true }));
  },
};

/** Maps each output file's name to its entry point. */
const PROGRAMS = { main: 'src/main.ts', probe: 'deploy/probe.ts' };

export interface Bundle {
  /** The size of each file in bytes, by file name. */
  readonly sizes: ReadonlyMap<string, number>;
}

/** @param directory the output directory; its previous contents are deleted */
export async function bundle(directory: string): Promise<Bundle> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: PROGRAMS,
    outdir: directory,
    bundle: true,
    platform: 'node',
    // Images run the bundle as a script instead of an ES module, because only a script's code cache can contain the compiled
    // code of functions that have already run.
    format: 'cjs',
    target: 'node24',
    metafile: true,
    // The full license texts are in THIRD-PARTY-LICENSES.txt.
    legalComments: 'none',
    minifySyntax: true,
    // Drops comments and indentation, but keeps names and limits the line length, so that stack traces stay useful.
    minifyWhitespace: true,
    lineLimit: 200,
    logLevel: 'warning',
    // Images run the bundle as a `vm` script, in which `import()` does not work. For Node's built-in modules, `require` is
    // equivalent and faster.
    supported: { 'dynamic-import': false },
    // An image must not contain the sandbox's emulators of Google, STS and S3, or the build of the console's page.
    external: ['./cli/sandbox.ts', './build-assets.ts'],
    plugins: [CONSOLE_ASSETS_APART],
  });
  const consoleInputs = await writeConsoleAssets(join(directory, CONSOLE_ASSETS), 'cjs');
  for (const name of Object.keys(PROGRAMS)) await escapeText(join(directory, `${name}.js`));
  await writeFile(join(directory, 'package.json'), `${JSON.stringify(await manifest(), null, 2)}\n`);
  await writeFile(
    join(directory, 'THIRD-PARTY-LICENSES.txt'),
    await thirdPartyLicenses(ROOT, [metafile, consoleInputs]),
  );
  const outputs = Object.entries(metafile.outputs).map(
    ([path, { bytes }]) => [path.replace(/^.*\//, ''), bytes] as const,
  );
  return { sizes: new Map(outputs) };
}

/** Builds the small file that starts a program from its code cache. */
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
 * Escapes every character outside ASCII, so that the file can be read as Latin-1. If the program contained a single character
 * outside Latin-1, V8 would store all of it with two bytes per character. esbuild escapes such characters in strings but not in
 * regular expressions.
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
