// A virtual MFA device: codes by time (RFC 6238: SHA-1, six digits, a new one every 30 seconds), each good for one use, as at AWS.
import { createHmac } from 'node:crypto';

export interface MfaDevice {
  readonly serialNumber: string;
  /** The present code; where that has been used, another that is still accepted. */
  code(nowMs: number): string;
  /** Whether it is the code of now, of the step before or of the step after, and was not used before. */
  accept(code: string, nowMs: number): boolean;
}

const STEP_MS = 30_000;
const DIGITS = 6;
/** One step of tolerance to either side. */
const ACCEPTED_STEPS = [0, 1, -1];

export function createMfaDevice(serialNumber: string, seed: Buffer): MfaDevice {
  let used: readonly number[] = [];

  function codeAt(step: number): string {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(step));
    const digest = createHmac('sha1', seed).update(counter).digest();
    const offset = (digest.at(-1) ?? 0) & 0x0f;
    const number = digest.readUInt32BE(offset) & 0x7fffffff;
    return String(number % 10 ** DIGITS).padStart(DIGITS, '0');
  }

  const unusedSteps = (nowMs: number) =>
    ACCEPTED_STEPS.map((offset) => Math.floor(nowMs / STEP_MS) + offset).filter((one) => !used.includes(one));

  return {
    serialNumber,
    code(nowMs) {
      const [step = Math.floor(nowMs / STEP_MS)] = unusedSteps(nowMs);
      return codeAt(step);
    },
    accept(code, nowMs) {
      const step = unusedSteps(nowMs).find((one) => codeAt(one) === code);
      if (step === undefined) return false;
      used = [...used.slice(-ACCEPTED_STEPS.length), step];
      return true;
    },
  };
}
