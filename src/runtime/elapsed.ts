// Measures time that has passed, on a machine whose clock may be set or stand still.

/**
 * Two clocks, of which the one that has gone further counts: the wall clock may be set back or be frozen, the steady one stands
 * still while Cloud Run or a suspended VM holds the process. A wall clock that is set ahead costs a renewal too early, once.
 * @returns milliseconds since the call
 */
export function startElapsed(): () => number {
  const wall = Date.now();
  const steady = performance.now();
  return () => Math.max(Date.now() - wall, performance.now() - steady);
}
