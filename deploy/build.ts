// Builds dist/, which contains each program as one file that needs only Node. An image contains the same code, which
// image-tree.ts splits for a faster start. The npm package is built separately: `npm run build:package` compiles src/ to lib/.
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.ts';

const { sizes } = await bundle(fileURLToPath(new URL('../dist', import.meta.url)));
for (const [file, bytes] of sizes) process.stdout.write(`dist/${file}: ${Math.round(bytes / 1024)} KiB\n`);
