// The paths of the control routes, with the descriptions that appear in docs/reference/http-api.md.

export const CONTROL_ROUTES = [
  [
    '/-/live',
    'The status is 200 as long as the process is running. Use this route for liveness probes. The route does not call any upstream.',
  ],
  [
    '/-/ready',
    'The status is 200 once the bridge has an identity token and has assumed at least one role. Use this route for readiness probes. The route does not call any upstream.',
  ],
  [
    '/-/whoami',
    'The response contains your identity, as verified by the bridge, and your grants. If you have an egress budget, `egressBudget` shows how many bytes are left for today.',
  ],
  [
    '/-/explain',
    'The response shows which of your grants allows a read, or why none does. The parameters are `bucket`, `action` and `key`. `action` is `get` by default, or another value that `allow` accepts. If the action is `list`, use `prefix` instead of `key`; if it is `vend`, use neither.',
  ],
  [
    '/-/credentials',
    "The response contains your token as S3 credentials, in the format of the AWS SDKs' container credentials (`AWS_CONTAINER_CREDENTIALS_FULL_URI`). The parameters `bucket` and `mode` are optional. With `bucket`, the status is 403 if you have no grant on the bucket. `mode` is `bridge` by default. With `mode=aws` and `bucket`, the response contains AWS credentials that allow what your grants with `vend` on the bucket allow ([Call S3 directly](../how-to/call-s3-directly.md)). This is the only route that also accepts a token in `Authorization` without `Bearer`.",
  ],
  [
    '/-/sts',
    "The response contains your token as S3 credentials, in the format of STS (`AWS_ENDPOINT_URL_STS`). Send a POST request to this route or to `/-/sts/`, with AssumeRoleWithWebIdentity as a form. Its fields are `Action`, `Version`, `RoleArn` (of any role), `RoleSessionName`, `WebIdentityToken` and `DurationSeconds`. Errors have STS's format and codes.",
  ],
  [
    '/-/egress',
    'The response shows the bytes that this process has received from S3 since its start, by caller, bucket, region and path, with an estimate of what AWS charges for them ([Estimate egress costs](../how-to/estimate-egress.md)). Only callers in `operators` may use this route. All callers after the first 1,000 are added up as `other`.',
  ],
  [
    '/-/metrics',
    'The response contains Prometheus metrics. On the main port, only callers in `operators` may read them; on a separate metrics port, no token is required.',
  ],
  [
    '/-/openapi.json',
    'The response describes this API for programs ([OpenAPI 3.1](../openapi.yaml)), with its routes, parameters, headers, errors and examples. No token is required.',
  ],
] as const;

export type ControlPath = (typeof CONTROL_ROUTES)[number][0];
