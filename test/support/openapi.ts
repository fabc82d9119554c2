// Reads docs/openapi.yaml for tests, with every reference replaced by what it refers to.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export type Schema = Readonly<Record<string, unknown>>;

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Schema;
}

export interface DescribedResponse {
  readonly headers?: Readonly<Record<string, { readonly required?: boolean }>>;
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

/** A request under `x-example-requests`, whose fields the file itself explains. */
export interface ExampleRequest {
  readonly summary: string;
  readonly as?: 'reader' | 'scoped' | 'stranger' | 'operator';
  readonly credentials?: string;
  readonly parameters?: Readonly<Record<string, string | number>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
  readonly status: number;
  readonly error?: string;
  readonly code?: string;
}

export interface S3Operation {
  readonly name: string;
  readonly selector?: string;
  readonly parameters: readonly string[];
}

interface PathOperation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly requestBody?: DescribedResponse;
  readonly responses: Readonly<Record<string, DescribedResponse>>;
  readonly 'x-s3-operations'?: readonly S3Operation[];
  readonly 'x-example-requests': readonly ExampleRequest[];
}

/** An operation, with the parameters of its path and with the security requirements that apply to it. */
export interface Operation extends PathOperation {
  readonly path: string;
  readonly method: string;
  readonly parameters: readonly Parameter[];
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
}

export interface OpenapiDocument {
  readonly openapi: string;
  readonly info: { readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly security: Operation['security'];
  readonly paths: Readonly<Record<string, object>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, Schema>>>>;
}

export const OPENAPI_FILE = join(import.meta.dirname, '../../docs/openapi.yaml');

/** The methods that a path item can describe (OpenAPI 3.1, 4.8.9). */
export const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const;

/** The document as written, with references. */
export const openapiSource = parse(readFileSync(OPENAPI_FILE, 'utf8')) as OpenapiDocument;

export const openapi = resolved(openapiSource) as OpenapiDocument;

export const operations: readonly Operation[] = Object.entries(openapi.paths).flatMap(([path, item]) => {
  const { parameters: shared = [], ...methods } = item as Partial<Record<string, PathOperation>> & {
    readonly parameters?: readonly Parameter[];
  };
  return METHODS.flatMap((method) => {
    const operation = methods[method];
    if (operation === undefined) return [];
    const { parameters = [], security = openapi.security } = operation;
    return [{ ...operation, path, method, security, parameters: [...shared, ...parameters] }];
  });
});

/** @throws if the document has no such operation */
export function operationOf(method: string, path: string): Operation {
  const found = operations.find((each) => each.method === method && each.path === path);
  if (found === undefined) throw new Error(`docs/openapi.yaml does not describe ${method} ${path}`);
  return found;
}

function resolved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolved);
  if (typeof value !== 'object' || value === null) return value;
  if ('$ref' in value && typeof value.$ref === 'string') return resolved(at(value.$ref));
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, resolved(inner)]));
}

/** Finds what a JSON Pointer (RFC 6901) in the document refers to. */
function at(reference: string): unknown {
  const names = reference
    .replace('#/', '')
    .split('/')
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  return names.reduce<unknown>((value, name) => {
    const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
    if (found === undefined) throw new Error(`docs/openapi.yaml has no ${reference}`);
    return found;
  }, openapiSource);
}
