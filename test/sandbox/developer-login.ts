// Creates a google-auth-library client with the developer's Google login in a sandbox.
import { UserRefreshClient } from 'google-auth-library';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { control } from './clients.ts';

export interface Login {
  readonly client_id: string;
  readonly client_secret: string;
  readonly refresh_token: string;
}

/** @returns the developer's login, with these fields changed */
export async function loginOf(sandbox: Sandbox, changed: Partial<Login> = {}): Promise<UserRefreshClient> {
  const { client_id, client_secret, refresh_token } = {
    ...((await control(sandbox, 'GET', '/adc')) as Login),
    ...changed,
  };
  return new UserRefreshClient({
    clientId: client_id,
    clientSecret: client_secret,
    refreshToken: refresh_token,
    endpoints: { oauth2TokenUrl: `${sandbox.contract.googleApis}/token` },
  });
}
