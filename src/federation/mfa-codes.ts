// Lets a person be asked for MFA codes while the first credentials of a profile are obtained, and never again.
import { Fault } from '../errors/fault.ts';
import { startElapsed } from '../runtime/elapsed.ts';

export interface MfaCodes {
  /** @throws Fault profile_mfa_expired in any round after one that asked, and what `askCode` throws */
  ask(mfaSerial: string): Promise<string>;
  endRound(): void;
  /** Milliseconds since a code came; 0 while one is awaited, Infinity where none was. */
  sinceCode(): number;
}

export function mfaCodes(askCode: (mfaSerial: string) => Promise<string>): MfaCodes {
  let asked = false;
  let over = false;
  let sinceCode = (): number => Infinity;
  return {
    ask: async (mfaSerial) => {
      if (over) throw new Fault('profile_mfa_expired');
      asked = true;
      sinceCode = () => 0;
      try {
        return await askCode(mfaSerial);
      } finally {
        sinceCode = startElapsed();
      }
    },
    endRound: () => {
      over = asked;
    },
    sinceCode: () => sinceCode(),
  };
}
