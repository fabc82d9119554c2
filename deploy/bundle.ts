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
    format: 'esm',
    target: 'node24',
    metafile: true,
    // Theirs are in a file of its own, whole.
    legalComments: 'none',
    minifySyntax: true,
    logLevel: 'warning',
    // Google, STS and S3 of the sandbox have no place in an image.
    external: ['./commands/sandbox.ts'],
    // Packages that are CommonJS look for `require`.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  await writeFile(join(directory, 'package.json'), `${JSON.stringify(await manifest(), null, 2)}\n`);
  await writeFile(join(directory, 'THIRD-PARTY-LICENSES.txt'), await thirdPartyLicenses(ROOT, metafile));
  const outputs = Object.entries(metafile.outputs).map(
    ([path, { bytes }]) => [path.replace(/^.*\//, ''), bytes] as const,
  );
  return { sizes: new Map(outputs) };
}

async function manifest(): Promise<object> {
  const own = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as Record<string, unknown>;
  const { name, version, description, license, engines } = own;
  return { name, version, description, license, engines, type: 'module', bin: { fedbridge: 'main.js' } };
}
