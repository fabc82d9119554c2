// Builds the files of the console's page into one module, which replaces src/console/built-assets.ts in a bundle or package.
//
//   node deploy/console-assets.ts DIR    writes the module and the licenses of its packages for the npm package
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAssets } from '../src/console/build-assets.ts';
import { thirdPartyLicenses } from './third-party-licenses.ts';
import type { BundleInputs } from './third-party-licenses.ts';

/**
 * @param format `cjs` for a bundle, `esm` for the npm package
 * @returns the packages in the page's files
 */
export async function writeConsoleAssets(path: string, format: 'cjs' | 'esm'): Promise<BundleInputs> {
  const { assets, metafile } = await buildAssets();
  const start = format === 'esm' ? 'export const builtAssets' : 'exports.builtAssets';
  await writeFile(path, `${start} = ${JSON.stringify(assets, null, 1)};\n`);
  return metafile;
}

if (import.meta.main) {
  const [directory, ...more] = process.argv.slice(2);
  if (directory === undefined || more.length > 0) {
    process.stderr.write('Usage: node deploy/console-assets.ts DIR\n');
    process.exit(2);
  }
  const root = fileURLToPath(new URL('..', import.meta.url));
  const inputs = await writeConsoleAssets(join(directory, 'built-assets.js'), 'esm');
  await writeFile(join(directory, 'THIRD-PARTY-LICENSES.txt'), await thirdPartyLicenses(root, [inputs]));
}
