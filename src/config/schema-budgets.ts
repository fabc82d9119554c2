// The schema of egress budgets and egress prices.
import * as z from 'zod';
import { caller } from './schema-grants.ts';
import { fields, fraction, price, quantity } from './schema-parts.ts';
import { SIZE } from './units.ts';

export const budget = fields({
  callers: z
    .array(caller)
    .min(1)
    .meta({
      description:
        'The callers that the budget applies to, in the same format as in a grant. Each caller that matches has its own budget. If several budgets match a caller, all of them apply, so the smallest budget is the limit.',
      example: ['project:acme-prod'],
    }),
  // With this maximum, the sum of a day's bytes is always an exact integer in JavaScript.
  bytesPerDay: quantity(1, 1000e12, SIZE).meta({
    description:
      'How many bytes each caller may receive from S3 per UTC day, for each process of the bridge. Reads that do not fit into the rest of the budget get 403 `EgressBudgetExceeded`. Counting starts again when the process restarts.',
    example: '500GiB',
  }),
  warnAt: fraction().prefault(0.8).meta({
    description:
      'The fraction of `bytesPerDay` at which the bridge logs a warning, once per caller, budget and day: above 0, at most 1.',
    example: 0.9,
  }),
});

const pathPrices = fields({
  internet: price().exactOptional().meta({
    description:
      "The price of data from S3's own endpoint. Default: the built-in list price, if it is known.",
    example: 0.05,
  }),
  cloudfront: price().exactOptional().meta({
    description: 'The price of data through CloudFront. Default: the built-in list price, if it is known.',
    example: 0.02,
  }),
  endpoint: price().exactOptional().meta({
    description: 'The price of data from buckets with their own `endpoint`. Default: unknown.',
    example: 0.01,
  }),
});

export const egressPrices = z
  .record(z.string(), pathPrices)
  .prefault({})
  .meta({
    description:
      "Prices in US dollars per GB (2^30 bytes) by AWS region, for the estimates of `/-/egress` and `fedbridge egress`. These prices replace AWS's list prices.",
    example: { 'us-east-2': { internet: 0.05 } },
    propertyNames: { pattern: '^[a-z0-9]+(-[a-z0-9]+)+$' },
  });
