// Creates the files that an image adds to its base: the programs, their licenses and SBOM, Node's compile cache, and V8's code
// cache for the bridge. The code cache contains every function that a first read runs.
//
//   node deploy/image-tree.ts DIR
//
// deploy/Dockerfile runs this script and copies DIR to /. deploy/gce/pack.sh packs the same files for VMs. The caches work only
// with the version of Node that runs this script. DIR can be moved, because the caches are found by their path relative to the
// programs.
import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundle, bundleStart } from './bundle.ts';
import { asFunction, compileProgram, PROGRAM } from './compiled-program.ts';
import { fillCodeCache } from './first-read.ts';
import { softwareBillOfMaterials } from './sbom.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);

/** The variables for Node's compile cache. deploy/Dockerfile sets the same variables, with the directory's path in the image. */
const compileCache = (app: string) => ({
  NODE_COMPILE_CACHE: join(app, 'cache'),
  NODE_COMPILE_CACHE_PORTABLE: '1',
});

/**
 * @throws if the second start does not use the cache that the first start wrote, because starts would then be slow without an
 * error
 */
async function fillCompileCache(app: string, programs: readonly string[]): Promise<void> {
  await mkdir(join(app, 'cache'));
  for (const program of programs) {
    const start = (env: Record<string, string>) =>
      run(process.execPath, [join(app, program), '--help'], { env: { ...compileCache(app), ...env } });
    await start({});
    const { stderr } = await start({ NODE_DEBUG_NATIVE: 'COMPILE_CACHE' });
    if (!stderr.includes(' was accepted'))
      throw new Error(`Node does not use its compile cache for ${program}:\n${stderr}`);
  }
}

/** Renames the bundled main.js, and writes a new main.js that starts it from its code cache. */
async function splitStart(app: string): Promise<void> {
  const program = join(app, PROGRAM);
  await rename(join(app, 'main.js'), program);
  // Removes the text of the `#!` line. The wrapper takes its place on the first line, so that line numbers do not change.
  const text = (await readFile(program, 'utf8')).replace(/^#!.*/, '');
  await writeFile(program, asFunction(text));
  await bundleStart(join(app, 'main.js'));
  await fillCodeCache(app);
  if (compileProgram(`${app}/`).cachedDataRejected !== false)
    throw new Error("V8 rejected the bridge's code cache.");
}

/** Makes the files readable for everyone and writable for nobody, whatever the umask is. deploy/Dockerfile sets the owner. */
async function setModes(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await setModes(path);
    else await chmod(path, entry.name.endsWith('.js') ? 0o555 : 0o444);
  }
  await chmod(directory, 0o755);
}

const [target, ...more] = process.argv.slice(2);
if (target === undefined || more.length > 0) {
  process.stderr.write('Usage: node deploy/image-tree.ts DIR\n\nDIR must be empty or must not exist.\n');
  process.exit(2);
}
const directory = resolve(target);
await mkdir(directory, { recursive: true });
if ((await readdir(directory)).length > 0) {
  process.stderr.write(
    `image-tree: DIR: must be empty, but ${target} is not. Choose a different directory, or delete ${target}.\n`,
  );
  process.exit(2);
}
const app = join(directory, 'app');
const { sizes } = await bundle(app);
await copyFile(join(ROOT, 'LICENSE'), join(app, 'LICENSE'));
await writeFile(join(app, 'sbom.cdx.json'), await softwareBillOfMaterials(ROOT));
await splitStart(app);
await fillCompileCache(app, [...sizes.keys()]);
await setModes(app);
const { version } = JSON.parse(await readFile(join(app, 'package.json'), 'utf8')) as { version: string };
process.stdout.write(`${target}: fedbridge ${version} for Node ${process.version}, ${process.arch}\n`);
