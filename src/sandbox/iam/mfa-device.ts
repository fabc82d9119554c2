// A virtual MFA device with time-based codes (RFC 6238: SHA-1, six digits, 30-second steps). As in AWS, each code can be used
// once.
import { createHmac } from 'node:crypto';

export interface MfaDevice {
  readonly serialNumber: string;
  /** Returns the current code, or an adjacent time step's code if the current code has been used. */
  code(nowMs: number): string;
  /** Whether the code is unused and belongs to the current, previous or next time step. */
  accept(code: string, nowMs: number): boolean;
}

const STEP_MS = 30_000;
const DIGITS = 6;
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
