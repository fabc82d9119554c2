// The files of the console's page: built once, compressed once, and served from memory.
import { brotliCompressSync, brotliDecompressSync, constants, gzipSync } from 'node:zlib';

/** A file as the build stores it: compressed with Brotli and encoded in Base64. */
export interface BuiltAsset {
  /** The path in the URL, such as `/assets/app-ABCD1234.js`; `/` for the page itself. */
  readonly path: string;
  readonly brotli: string;
}

export interface Asset {
  readonly contentType: string;
  /** Whether the file's name changes with its content. */
  readonly isImmutable: boolean;
  /** The file's bytes, by content coding (RFC 9110, 8.4.1). */
  readonly bodies: ReadonlyMap<ContentCoding, Buffer>;
}

export type ContentCoding = 'br' | 'gzip' | 'identity';

/** The files, by path. */
export type Assets = ReadonlyMap<string, Asset>;

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

export function readAssets(built: readonly BuiltAsset[]): Assets {
  return new Map(
    built.map(({ path, brotli }) => {
      const compressed = Buffer.from(brotli, 'base64');
      const content = brotliDecompressSync(compressed);
      const extension = /\.([a-z]+)$/.exec(path)?.[1] ?? '';
      const asset: Asset = {
        contentType: CONTENT_TYPES[extension] ?? 'text/html; charset=utf-8',
        isImmutable: path !== PAGE_PATH,
        bodies: new Map([
          ['br', compressed],
          ['gzip', gzipSync(content, { level: 9 })],
          ['identity', content],
        ]),
      };
      return [path, asset] as const;
    }),
  );
}

export const PAGE_PATH = '/';

export function compressAsset(path: string, content: Uint8Array): BuiltAsset {
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
  return { path, brotli: brotliCompressSync(content, { params }).toString('base64') };
}
