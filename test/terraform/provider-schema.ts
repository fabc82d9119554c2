// The form of schema.json: what a provider takes and gives for the types that our Terraform files use.
import { readFileSync } from 'node:fs';

/** `required` and `optional` ones may be set, `computed` ones only read; then Terraform's own name of the type. */
export type Attribute = `${'required' | 'optional' | 'computed'} ${string}`;

export interface BlockSchema {
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly blocks: Readonly<Record<string, NestedBlockSchema>>;
}

export interface NestedBlockSchema extends BlockSchema {
  readonly required: boolean;
  /** Whether it may stand there more than once. */
  readonly repeated: boolean;
}

export interface ProviderSchemas {
  /** Where all this was read: an npm package and its version, and the version of the provider that it was made from. */
  readonly from: readonly { readonly package: string; readonly provider: string }[];
  readonly resources: Readonly<Record<string, BlockSchema>>;
  readonly data: Readonly<Record<string, BlockSchema>>;
}

/** Terraform's own resource type, which no provider has. */
export const TERRAFORM_DATA: BlockSchema = {
  attributes: {
    id: 'computed string',
    input: 'optional dynamic',
    output: 'computed dynamic',
    triggers_replace: 'optional dynamic',
  },
  blocks: {},
};

export const SCHEMA_FILE = new URL('schema.json', import.meta.url);

export const REMEDY = 'Run `node test/terraform/extract-schema.ts`, and commit schema.json.';

export function readSchemas(): ProviderSchemas {
  return JSON.parse(readFileSync(SCHEMA_FILE, 'utf8')) as ProviderSchemas;
}
