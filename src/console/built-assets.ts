// Stands in for the built files of the console's page. The builds of the npm package and of the image replace this file.
import type { BuiltAsset } from './assets.ts';

/** The built files; undefined in a clone, in which the console builds its page at startup. */
export const builtAssets: readonly BuiltAsset[] | undefined = undefined;
