// Builds what an image and the published package hold: one file that needs nothing but Node, and a package.json for it.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

const root = new URL('..', import.meta.url);
const dist = new URL('dist/', root);

await rm(dist, { recursive: true, force: true });
await mkdir(dist);
const { metafile } = await build({
  entryPoints: [new URL('src/main.ts', root).pathname],
  outfile: new URL('main.js', dist).pathname,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  metafile: true,
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

const manifest = JSON.parse(await readFile(new URL('package.json', root), 'utf8')) as Record<string, unknown>;
const { name, version, description, license, engines } = manifest;
const published = {
  name,
  version,
  description,
  license,
  engines,
  type: 'module',
  bin: { fedbridge: 'main.js' },
};
await writeFile(new URL('package.json', dist), `${JSON.stringify(published, null, 2)}\n`);
const [bytes = 0] = Object.values(metafile.outputs).map((output) => output.bytes);
process.stdout.write(`dist/main.js: ${Math.round(bytes / 1024)} KiB\n`);
