// An AWS profile in the place of a Google identity.
import { Fault } from '../fault.ts';
import type { AccessKeys } from './credentials.ts';

export function awsProfile(_options: {
  readonly name: string;
  readonly region: string;
  readonly stsEndpoint?: string;
  readonly askCode: (mfaSerial: string) => Promise<string>;
}): { credentials(): Promise<AccessKeys> } {
  return { credentials: () => Promise.reject(new Fault('internal')) };
}
