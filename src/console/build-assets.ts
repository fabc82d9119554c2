// Builds the files of the console's page with esbuild: one script, the chunks that it loads on demand, a stylesheet and an icon.
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Metafile } from 'esbuild';
import { compressAsset, PAGE_PATH } from './assets.ts';
import type { BuiltAsset } from './assets.ts';

const DIRECTORY = '/assets/';

/** @returns the page's files, and esbuild's list of the packages in them */
export async function buildAssets(): Promise<{
  readonly assets: readonly BuiltAsset[];
  readonly metafile: Metafile;
}> {
  const { build } = await import('esbuild');
  const web = new URL('./web/', import.meta.url);
  const { outputFiles, metafile } = await build({
    absWorkingDir: fileURLToPath(new URL('../..', import.meta.url)),
    entryPoints: ['app.ts', 'app.css', 'icon.svg'].map((name) => fileURLToPath(new URL(name, web))),
    outdir: '.',
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    target: ['es2022'],
    platform: 'browser',
    loader: { '.svg': 'copy' },
    minify: true,
    metafile: true,
    write: false,
    legalComments: 'none',
    logLevel: 'warning',
  });
  const files = outputFiles.map(({ path, contents }) => ({ name: basename(path), contents }));
  const named = (pattern: RegExp): string => {
    const file = files.find(({ name }) => pattern.test(name));
    if (file === undefined)
      throw new Error(`the build of the console's page wrote no file ${String(pattern)}`);
    return DIRECTORY + file.name;
  };
  const names: Readonly<Record<string, string>> = {
    'app.js': named(/^app-.*\.js$/),
    'app.css': named(/^app-.*\.css$/),
    'icon.svg': named(/^icon-.*\.svg$/),
  };
  const template = await readFile(new URL('page.html', web), 'utf8');
  const page = template.replace(/\{\{([a-z.]+)\}\}/g, (_, name: string) => names[name] ?? '');
  return {
    assets: [
      compressAsset(PAGE_PATH, Buffer.from(page)),
      ...files.map(({ name, contents }) => compressAsset(DIRECTORY + name, contents)),
    ],
    metafile,
  };
}
