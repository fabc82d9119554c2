// Sends requests to the console's own routes, and explains why a request failed.

/** A response with an error status, an incomplete response, or no response. */
export class RequestError extends Error {
  /** The status of the response; 0 if there was no complete response. */
  readonly status: number;
  /** The response's `x-fedbridge-error`. */
  readonly outcome: string;
  readonly requestId: string;

  constructor(
    message: string,
    details: { readonly status: number; readonly outcome?: string; readonly requestId?: string },
  ) {
    super(message);
    this.name = 'RequestError';
    this.status = details.status;
    this.outcome = details.outcome ?? '';
    this.requestId = details.requestId ?? '';
  }
}

export const address = (route: string, parameters: Readonly<Record<string, string>>): string => {
  const query = new URLSearchParams(parameters).toString();
  return `/-/${route}${query === '' ? '' : `?${query}`}`;
};

const SESSION_ENDED = 'Your session has ended. Reload the page to sign in again.';

/** @throws RequestError if the status is an error, or if there is no response */
export async function request(
  route: string,
  parameters: Readonly<Record<string, string>>,
  init: RequestInit,
): Promise<Response> {
  let response: Response;
  try {
    // With this header, IAP responds with 401 instead of a redirect to its sign-in page (IAP, "Managing IAP sessions").
    const headers = {
      'x-requested-with': 'XMLHttpRequest',
      ...(init.headers as Record<string, string> | undefined),
    };
    response = await fetch(address(route, parameters), {
      ...init,
      headers,
      redirect: 'error',
      cache: 'no-store',
    });
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new RequestError('The console did not respond. Check your connection, and reload the page.', {
      status: 0,
    });
  }
  if (response.ok) return response;
  const { status, headers } = response;
  const details = {
    status,
    outcome: headers.get('x-fedbridge-error') ?? '',
    requestId: headers.get('x-request-id') ?? '',
  };
  // Only the console's own errors have the header `x-fedbridge-error`. A 401 without this header comes from IAP.
  if (status === 401 && details.outcome === '') throw new RequestError(SESSION_ENDED, details);
  throw new RequestError(await messageIn(response), details);
}

/**
 * Waits for the body of a response.
 * @param body for example `response.json()`
 * @throws RequestError if the body is incomplete or invalid
 */
export async function readBody<Body>(body: Promise<Body>): Promise<Body> {
  try {
    return await body;
  } catch {
    throw new RequestError('The response of the console was incomplete. Reload the page.', { status: 0 });
  }
}

async function messageIn(response: Response): Promise<string> {
  const { headers, status } = response;
  const message = headers.get('x-fedbridge-message');
  if (message !== null) return message;
  if (headers.get('content-type') !== 'application/problem+json')
    return `The request failed with status ${status}.`;
  const problem = (await response.json()) as { readonly title?: string; readonly detail?: string };
  return problem.detail ?? problem.title ?? `The request failed with status ${status}.`;
}
