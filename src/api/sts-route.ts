// Serves `POST /-/sts`, with which unmodified AWS SDKs can call AssumeRoleWithWebIdentity. The session token in the response is
// the caller's own token.
import { bodyToken } from '../auth/presented-token.ts';
import { tokenCredentials } from '../auth/token-credentials.ts';
import { describeToken } from '../auth/verify-token.ts';
import type { Caller } from '../auth/caller.ts';
import { parseRoleArn } from '../config/aws-names.ts';
import { Fault } from '../errors/fault.ts';
import type { RequestContext } from '../observability/request-context.ts';
import type { CallerRequest } from '../runtime/caller-exchange.ts';
import { loggable } from '../s3/target.ts';
import type { ReadForm } from './request-form.ts';
import { webIdentityResponse } from './responses/sts.ts';
import { readWebIdentityRequest } from './web-identity-request.ts';

export interface StsParts {
  readonly readForm: ReadForm;
  /** @throws Fault token_…, signing_keys_unavailable, caller_is_bridge */
  authenticate(context: RequestContext, tokenIn: (request: CallerRequest) => string): Promise<Caller>;
  sessionNameOf(caller: Caller): string;
}

/**
 * The client's RoleSessionName is checked but not used. The response contains the session name that the bridge uses for this
 * caller at AWS.
 * @returns STS's XML
 * @throws Fault web_identity_…, token_…, tokens_conflict
 */
export async function assumeRoleWithWebIdentity(
  context: RequestContext,
  query: ReadonlyMap<string, string>,
  { readForm, authenticate, sessionNameOf }: StsParts,
): Promise<string> {
  const [inUrl] = query.keys();
  if (inUrl !== undefined)
    throw new Fault('web_identity_parameter_invalid', {
      parameter: loggable(inUrl),
      rule: 'must be in the request body, not in the URL',
    });
  const { roleArn, token } = readWebIdentityRequest(await readForm(context));
  const caller = await authenticate(context, (request) => bodyToken(request, token));
  const { issuer, audience, expiresAt } = describeToken(token);
  const sessionName = sessionNameOf(caller);
  const { account, name } = parseRoleArn(roleArn);
  const [, partition = ''] = roleArn.split(':', 2);
  const result = {
    credentials: tokenCredentials(token, expiresAt),
    assumedRole: {
      arn: `arn:${partition}:sts::${account}:assumed-role/${name}/${sessionName}`,
      id: `${caller.subject}:${sessionName}`,
    },
    subject: caller.subject,
    issuer,
    audience,
  };
  return webIdentityResponse(result, context.requestId);
}
