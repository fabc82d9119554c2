// The paths of the control routes, with the descriptions that appear in docs/reference/http-api.md.

export const CONTROL_ROUTES = [
  [
    '/-/live',
    'Responds with 200 as long as the process is running. Use this route for liveness probes. It does not call any upstream.',
  ],
  [
    '/-/ready',
    'Responds with 200 once the bridge has an identity token and has assumed at least one role. Use this route for readiness probes. It does not call any upstream.',
  ],
  [
    '/-/whoami',
    'Returns your identity, as verified by the bridge, and your grants. If you have an egress budget, `egressBudget` shows how many bytes are left for today.',
  ],
  [
    '/-/explain',
    'Shows which of your grants allows a read, or why none does. Parameters: `bucket`, `action` (`get` by default, or another value that `allow` accepts), and `key` (or `prefix` if the action is `list`; neither if the action is `vend`).',
  ],
  [
    '/-/credentials',
    "Returns your token as S3 credentials, in the format of the AWS SDKs' container credentials (`AWS_CONTAINER_CREDENTIALS_FULL_URI`). Both parameters are optional: `bucket` (403 if you have no grant on the bucket) and `mode` (`bridge` by default). With `mode=aws` and `bucket`, the response contains AWS credentials that allow what your grants with `vend` on the bucket allow ([Call S3 directly](../how-to/call-s3-directly.md)). This is the only route that also accepts a token in `Authorization` without `Bearer`.",
  ],
  [
    '/-/sts',
    "Returns your token as S3 credentials, in the format of STS (`AWS_ENDPOINT_URL_STS`). Send a POST request to this route or to `/-/sts/`, with AssumeRoleWithWebIdentity as a form: `Action`, `Version`, `RoleArn` (of any role), `RoleSessionName`, `WebIdentityToken` and `DurationSeconds`. Errors have STS's format and codes.",
  ],
  [
    '/-/egress',
    "Returns, to callers in `operators`, the bytes that this process has received from S3 since its start, by caller, bucket, region and path, with an estimate of AWS's list price ([Estimate egress costs](../how-to/estimate-egress.md)). All callers after the first 1,000 are added up as `other`.",
  ],
  [
    '/-/metrics',
    'Returns Prometheus metrics. On the main port, only callers in `operators` may read them; on a separate metrics port, no token is required.',
  ],
  [
    '/-/openapi.json',
    'Returns a description of this API for programs ([OpenAPI 3.1](../openapi.yaml)): routes, parameters, headers, errors and examples. No token is required.',
  ],
] as const;

export type ControlPath = (typeof CONTROL_ROUTES)[number][0];
