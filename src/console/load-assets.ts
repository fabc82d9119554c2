// Loads the files of the console's page: as built for the package or the image, or in a clone, built now.
import { readAssets } from './assets.ts';
import type { Assets } from './assets.ts';

/**
 * Loads the files that the build of the package or image has written. In a clone, which has none, builds them first.
 * @throws if esbuild, which is a development dependency, is not installed
 */
export async function loadAssets(): Promise<Assets> {
  const { builtAssets } = await import('./built-assets.ts');
  if (builtAssets !== undefined) return readAssets(builtAssets);
  const { buildAssets } = await import('./build-assets.ts');
  return readAssets((await buildAssets()).assets);
}
