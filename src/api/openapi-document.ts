// The description of the HTTP API that `/-/openapi.json` serves.
import { brotliDecompressSync } from 'node:zlib';
import { compressedOpenapi } from './compressed-openapi.ts';

/** @returns docs/openapi.yaml as JSON, without the requests of the tests */
export const openapiDocument = (): string =>
  brotliDecompressSync(Buffer.from(compressedOpenapi, 'base64')).toString();
