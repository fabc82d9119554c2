// Rows of the fault table for requests to `/-/sts` that are invalid for STS itself. They have STS's own codes.
import { invalid } from './fault-row.ts';
import type { FaultRow } from './fault-row.ts';

export const STS_ROUTE_FAULTS = {
  web_identity_method_invalid: {
    ...invalid(
      'InvalidAction',
      'Send AssumeRoleWithWebIdentity as a POST request with its parameters in the body, because tokens in a URL end up in logs.',
    ),
    status: 405,
    allow: 'POST',
  },
  web_identity_action_invalid: invalid(
    'InvalidAction',
    'The only STS action that this bridge supports is AssumeRoleWithWebIdentity, version 2011-06-15, in a form-encoded body.',
  ),
  web_identity_parameter_invalid: invalid(
    'ValidationError',
    'A parameter of AssumeRoleWithWebIdentity is missing, has a value that is not allowed, or is not supported.',
  ),
  web_identity_too_large: {
    ...invalid('RequestEntityTooLarge', 'The body of an STS request must not be larger than 16 KiB.'),
    status: 413,
  },
} as const satisfies Record<string, FaultRow>;
