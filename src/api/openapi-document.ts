// The OpenAPI description of the HTTP API, which `/-/openapi.json` serves.
import { brotliDecompressSync } from 'node:zlib';
import { compressedOpenapi } from './compressed-openapi.ts';

/** @returns docs/openapi.yaml as JSON, without the `x-example-requests` that only tests use */
export const openapiDocument = (): string =>
  brotliDecompressSync(Buffer.from(compressedOpenapi, 'base64')).toString();
