// The YAML schema: all fields, their valid values and their defaults. The larger sections have files of their own (schema-*.ts).
// cross-checks.ts and grant-checks.ts check fields against each other.
import * as z from 'zod';
import { CORS_ORIGIN } from './allowed-origins.ts';
import * as aws from './aws-names.ts';
import { bucket } from './schema-buckets.ts';
import { budget, egressPrices } from './schema-budgets.ts';
import { caller, grant } from './schema-grants.ts';
import { either, fields, quantity, text, wholeNumber, yesOrNo } from './schema-parts.ts';
import { identity } from './schema-identity.ts';
import { audience, issuer, MAX_ISSUERS } from './schema-issuers.ts';
import { cache, readAhead } from './schema-memory.ts';
import { role } from './schema-roles.ts';
import { DURATION, SIZE } from './units.ts';

// Descriptions are for editors and the configuration reference. Each description ends with "Default: …" if the schema does not
// fill in the default.

export const documentSchema = fields({
  audience: either(audience, z.array(audience).min(1), Array.isArray).meta({
    description:
      "The audience of callers' tokens, or a list of accepted audiences. This is usually the bridge's URL. No other service may use this audience, and it must differ from `aws.audience`.",
    example: 'https://lake-bridge.example',
  }),
  allowSharedAudience: yesOrNo().prefault(false).meta({
    description:
      'Whether `audience` and `aws.audience` may be values that other programs also use, such as OAuth client IDs, project numbers, or audiences of STS and Google APIs.',
    example: true,
  }),
  aws: fields({
    region: text(aws.AWS_REGION).exactOptional().meta({
      description:
        'The region in which the bridge calls STS and first looks for each bucket. Default: `AWS_REGION`, which is required if this field is missing.',
      example: 'eu-west-1',
    }),
    audience: audience.prefault('fedbridge').meta({
      description:
        "The audience of the bridge's own token. Trust policies compare it with `accounts.google.com:oaud`.",
      example: 'fedbridge',
    }),
  })
    .prefault({})
    .meta({ description: 'How the bridge reaches AWS.' }),
  identity,
  issuers: z.array(issuer).max(MAX_ISSUERS, `must have at most ${MAX_ISSUERS} entries`).prefault([]).meta({
    description:
      'Issuers other than Google whose tokens the bridge accepts from callers, such as a Kubernetes cluster or GitHub Actions. Grants name these callers as `ISSUER:SUBJECT`.',
  }),
  roles: z.record(z.string(), role).meta({
    description: "The AWS roles that the bridge assumes. You choose each entry's name.",
    propertyNames: { pattern: '^[\\w.-]{1,64}$' },
    minProperties: 1,
  }),
  buckets: z.record(z.string(), bucket).meta({
    description: "The buckets that the bridge serves. Callers use each entry's name as the bucket name.",
    propertyNames: { pattern: aws.BUCKET_NAME_FORM },
    minProperties: 1,
  }),
  grants: z.array(grant).meta({ description: 'Who may read what. Anything that is not granted is denied.' }),
  budgets: z.array(budget).prefault([]).meta({
    description: 'Daily limits on the bytes that callers receive from S3.',
  }),
  egress: fields({ prices: egressPrices })
    .prefault({})
    .meta({ description: 'How the bridge estimates what AWS charges for data that leaves S3.' }),
  operators: z
    .array(caller)
    .prefault([])
    .meta({
      description:
        'Callers that may read `/-/egress`, and `/-/metrics` on the main port, and people who may open the page for operators on the console. The format is the same as for `callers` in a grant.',
      example: ['ops@acme-prod.iam.gserviceaccount.com'],
    }),
  readAhead,
  responses: fields({
    // The maximum is the size of the largest object that S3 stores, 50 TB.
    chunkAbove: quantity(0, 50e12, SIZE).exactOptional().meta({
      description:
        'Responses larger than this are sent without `Content-Length`, because some front ends reject large responses with that header. Default: `32MB` on Cloud Run, otherwise never.',
      example: '32MB',
    }),
    serverTiming: yesOrNo().prefault(false).meta({
      description:
        'Whether responses to authenticated callers have a `Server-Timing` header with the duration of each step in milliseconds: `authenticate`, `federate`, `s3`.',
      example: true,
    }),
  })
    .prefault({})
    .meta({ description: 'How responses are sent.' }),
  cache,
  cors: fields({
    origins: z
      .array(text(CORS_ORIGIN))
      .min(1)
      .meta({
        description:
          'Exact origins of the web pages that may read objects (CORS), such as `https://app.example`, or `"*"` for all origins.',
        example: ['https://app.example'],
      }),
    // The maximum is one day, because no browser caches a preflight response for longer.
    maxAge: quantity(0, 86_400, DURATION).prefault('10m').meta({
      description: 'How long a browser may cache the response to a preflight request: 0s to 24h.',
      example: '1h',
    }),
  })
    .exactOptional()
    .meta({ description: 'Lets web pages from other origins read objects. Default: not allowed.' }),
  console: fields({
    audience: audience.meta({
      description:
        'The audience of the assertions that Identity-Aware Proxy sends to the console. The console rejects all other assertions.',
      example: '/projects/481920364751/locations/europe-west1/services/fedbridge-console',
    }),
  })
    .exactOptional()
    .meta({
      description:
        'The web page for people, `fedbridge console`, which runs as a separate service behind Identity-Aware Proxy. Grants name people as `user:EMAIL`. Default: the console does not start.',
    }),
  limits: fields({
    inFlight: wholeNumber(1, 100_000, 'requests').prefault(1000).meta({
      description:
        'Maximum number of concurrent requests for the whole process. Requests above this limit get 503 `SlowDown`.',
      example: 500,
    }),
    perCaller: wholeNumber(1, 100_000, 'requests').exactOptional().meta({
      description:
        'Maximum number of concurrent requests for one caller; at most `inFlight`. Default: 200, or `inFlight` if that is lower.',
      example: 100,
    }),
    stall: quantity(1, 3600, DURATION).prefault('30s').meta({
      description:
        'How long a transfer may stall because S3 sends no data or the caller reads none: 1s to 1h. After that time, the bridge retries, resumes or closes the transfer.',
      example: '1m',
    }),
    drain: quantity(0, 3600, DURATION).prefault('9s').meta({
      description:
        'How long responses in progress may take to finish after SIGTERM: 0s to 1h. Cloud Run stops an instance 10 s after SIGTERM.',
      example: '1m',
    }),
  })
    .prefault({})
    .meta({ description: 'Limits on concurrent requests and waiting times.' }),
});

/** A document in which each field is valid on its own. */
export type ValidDocument = z.output<typeof documentSchema>;
