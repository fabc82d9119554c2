// What a caller may still receive from S3 today. `server/daily-usage.ts` implements it; budgeted reads use it.
import type { Fault } from '../../errors/fault.ts';
import type { Cancellation } from '../../runtime/cancellation.ts';

export interface Allowance {
  /**
   * Holds bytes for a read of unknown length, until its response shows the length. A hold never makes another read fail: reads
   * that do not fit because of holds wait until the holds end.
   * @param response.isMaximum whether the response cannot be longer
   * @param response.mayBeEmpty whether the response may have no body, so that it may fit even if nothing is left
   * @returns undefined if so little is left that the read must find out its length first
   * @throws Fault egress_budget_exceeded if nothing is left
   */
  hold(
    bytes: number,
    response: { readonly isMaximum: boolean; readonly mayBeEmpty: boolean },
  ): Reservation | undefined;
  /**
   * Reserves bytes.
   * @param isHold whether the read may turn out to need fewer bytes, so that other reads should wait for it
   * @throws Fault egress_budget_exceeded if the bytes exceed the budget; any Error after a cancellation
   */
  reserve(bytes: number, cancellation: Cancellation, isHold: boolean): Promise<Reservation>;
  /** Prevents further holds until the end of the day, except holds with `isMaximum`. */
  stopHolding(): void;
  /** Counts a denial. @param bytes the bytes that the read needs; undefined if unknown */
  denied(bytes: number | undefined): Fault;
}

/** The bytes that a read in progress may receive from S3. The bytes count as used until `close` is called. */
export interface Reservation {
  /** Changes a hold into a reservation of exactly these bytes. @returns false, without a change, if too few bytes are left */
  fix(bytes: number): boolean;
  /** Counts bytes from S3, and reserves more bytes if necessary. @returns false if no more bytes are left */
  receive(bytes: number): boolean;
  /**
   * Ends the reservation, and frees the bytes that were not received. Later calls have no effect.
   * @param atLeast bytes that count as received, because S3 may have sent them; default: 0
   */
  close(atLeast?: number): void;
}
