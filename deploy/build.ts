// Builds the published package, into dist/: each program in one file that needs nothing but Node. An image holds the same, split for a
// faster start (image-tree.ts).
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.ts';

const { sizes } = await bundle(fileURLToPath(new URL('../dist', import.meta.url)));
for (const [file, bytes] of sizes) process.stdout.write(`dist/${file}: ${Math.round(bytes / 1024)} KiB\n`);
