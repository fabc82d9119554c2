// The configuration as a JSON Schema, for editors and for the configuration reference: every field with its format, default and description.
import * as z from 'zod';
import { documentSchema } from './schema.ts';

const INTRODUCTION =
  'A Fedbridge configuration. `fedbridge check FILE` also checks the fields against each other.';

type Json = z.core.JSONSchema.JSONSchema;

const convert = (schema: z.ZodType): Json =>
  z.toJSONSchema(schema, {
    // Draft 7 is the JSON Schema draft that editors support best.
    target: 'draft-7',
    io: 'input',
    override: ({ jsonSchema }) => {
      const { alternatives, example } = jsonSchema as {
        readonly alternatives?: readonly z.ZodType[];
        readonly example?: unknown;
      };
      delete jsonSchema['alternatives'];
      delete jsonSchema['example'];
      if (alternatives !== undefined) jsonSchema.anyOf = alternatives.map(convertPart);
      // Examples are added here, because zod removes `examples` from every schema with a transform, and every schema here has
      // one.
      if (example !== undefined) jsonSchema.examples = [example];
    },
  });

function convertPart(schema: z.ZodType): z.core.JSONSchema.BaseSchema {
  const part = convert(schema);
  delete part.$schema;
  return part;
}

export function configurationJsonSchema(): Json {
  const { $schema, ...rest } = convert(documentSchema);
  return { $schema, title: 'Fedbridge configuration', description: INTRODUCTION, ...rest } as Json;
}
