// Formats durations and timestamps for log lines. Measured: the conversion of a number with decimals takes 2.5 times the CPU time.

/** The text of the numbers from 0 to 999, with leading zeros. */
const THREE_DIGITS = Array.from({ length: 1000 }, (_, number) => String(number).padStart(3, '0'));

/** @returns the milliseconds rounded to microseconds, as a JSON number */
export function milliseconds(duration: number): string {
  const microseconds = Math.round(duration * 1000);
  const rest = microseconds % 1000;
  return `${(microseconds - rest) / 1000}.${THREE_DIGITS[rest] ?? ''}`;
}

/** Converts milliseconds to seconds with six decimal places, which Cloud Logging's Duration allows. */
export function seconds(duration: number): string {
  const microseconds = Math.round(duration * 1000);
  const last = microseconds % 1000;
  const whole = (microseconds - last) / 1000;
  const middle = whole % 1000;
  return `${(whole - middle) / 1000}.${THREE_DIGITS[middle] ?? ''}${THREE_DIGITS[last] ?? ''}`;
}

/** @returns a function that returns the current time in RFC 3339 format; it caches the text for the current second */
export function timestamps(): () => string {
  let second = -1;
  let text = '';
  return () => {
    const now = Date.now();
    const rest = now % 1000;
    if (now - rest !== second) {
      second = now - rest;
      text = new Date(second).toISOString().slice(0, 20);
    }
    return `${text}${THREE_DIGITS[rest] ?? ''}Z`;
  };
}
