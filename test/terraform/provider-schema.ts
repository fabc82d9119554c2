// The format of schema.json: the arguments and attributes of the types that the Terraform files use.
import { readFileSync } from 'node:fs';

/**
 * How an attribute is used, and its Terraform type. Attributes that are `required` or `optional` can be set, and
 * `computed` attributes are read-only.
 */
export type Attribute = `${'required' | 'optional' | 'computed'} ${string}`;

export interface BlockSchema {
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly blocks: Readonly<Record<string, NestedBlockSchema>>;
}

export interface NestedBlockSchema extends BlockSchema {
  readonly required: boolean;
  /** Whether the block may occur more than once. */
  readonly repeated: boolean;
  /** Whether the blocks have no order. An expression cannot index a set. */
  readonly set?: boolean;
}

export interface ProviderSchemas {
  /** The npm packages that contain the schemas, each with the provider version from which it was generated. */
  readonly from: readonly { readonly package: string; readonly provider: string }[];
  readonly resources: Readonly<Record<string, BlockSchema>>;
  readonly data: Readonly<Record<string, BlockSchema>>;
}

/** Terraform's built-in resource type, which belongs to no provider. */
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
