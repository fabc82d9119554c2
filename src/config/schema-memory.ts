// The schema of read-ahead and of the cache, which use memory to read from S3 faster and less often.
import { fields, quantity, wholeNumber, word } from './schema-parts.ts';
import { DURATION, SIZE } from './units.ts';

export const readAhead = fields({
  connections: wholeNumber(1, 64, 'connections').prefault(4).meta({
    description:
      'Maximum number of connections to S3 for one response. With 1, the bridge does not read ahead.',
    example: 8,
  }),
  // The minimum is the size of one part that the bridge reads ahead.
  memory: quantity(8 * 2 ** 20, 2 ** 40, SIZE)
    .prefault('64MiB')
    .meta({
      description:
        'Maximum memory for the parts of all responses in the process: at least 8MiB, the size of one part. If this memory is used up, responses use fewer connections.',
      example: '128MiB',
    }),
})
  .prefault({})
  .meta({
    description:
      'How the bridge reads large objects over several connections to S3. Only responses of at least 16 MiB are affected, and only for callers that read faster than S3 sends on one connection.',
  });

export const cache = fields({
  memory: quantity(16 * 2 ** 20, 2 ** 40, SIZE).meta({
    description:
      'The size of the cache: 16MiB to 1TiB. The bridge takes this memory at startup, in addition to the memory that it needs for requests. A change takes effect at the next restart.',
    example: '256MiB',
  }),
  freshFor: quantity(0, 3600, DURATION).prefault('0s').meta({
    description:
      "How long a confirmation from S3 is valid: 0s to 1h. During this time, the bridge serves the same object version to the same session without calling S3, so a change of the object or of the role's rights may take this long to have an effect. With 0s, S3 confirms each read.",
    example: '1m',
  }),
  kms: word('never', 'memory').prefault('never').meta({
    description:
      'Whether objects that are encrypted with KMS keys (SSE-KMS) may be cached. With `never`, they are not cached. With `memory`, they are kept unencrypted in memory.',
    example: 'memory',
  }),
})
  .exactOptional()
  .meta({
    description:
      'Keeps parts of objects in memory, so that the bridge reads them from S3 less often. Default: no cache.',
  });
