// Loads the files of the console's page. The package and the image contain these files; in a clone, they are built now.
import { readAssets } from './assets.ts';
import type { Assets } from './assets.ts';

/**
 * Loads the files that the build of the package or image has written. In a clone, builds the files first, because there are
 * none.
 * @throws if esbuild, which is a development dependency, is not installed
 */
export async function loadAssets(): Promise<Assets> {
  const { builtAssets } = await import('./built-assets.ts');
  if (builtAssets !== undefined) return readAssets(builtAssets);
  const { buildAssets } = await import('./build-assets.ts');
  return readAssets((await buildAssets()).assets);
}
