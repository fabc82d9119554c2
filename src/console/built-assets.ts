// Stands in for the built files of the console's page. The builds of the npm package and of the image replace this file.
import type { BuiltAsset } from './assets.ts';

/** Undefined in a clone, in which the console builds its page when it starts. */
export const builtAssets: readonly BuiltAsset[] | undefined = undefined;
