// The formats of values in OpenTelemetry's standard variables.

const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e]*$/;
const ATTRIBUTE_NAME = /^[\x21-\x7e]{1,255}$/;
const ATTRIBUTE_VALUE = /^\P{C}{0,255}$/u;

/** @returns names and values; undefined if the text is invalid */
export const readHeaders = (text: string): Pairs | undefined => readPairs(text, HEADER_NAME, HEADER_VALUE);

/** @returns names and values; undefined if the text is invalid */
export const readAttributes = (text: string): Pairs | undefined =>
  readPairs(text, ATTRIBUTE_NAME, ATTRIBUTE_VALUE);

type Pairs = readonly (readonly [name: string, value: string])[];

/** Reads a list of names and percent-encoded values in the format of W3C Baggage. */
function readPairs(text: string, name: RegExp, value: RegExp): Pairs | undefined {
  const pairs: (readonly [string, string])[] = [];
  for (const part of text.split(',').map((each) => each.trim())) {
    if (part === '') continue;
    const [, key = '', encoded = ''] = /^([^=]*)=(.*)$/s.exec(part) ?? [];
    const decoded = decode(encoded.trim());
    if (!name.test(key.trim()) || decoded === undefined || !value.test(decoded)) return undefined;
    pairs.push([key.trim(), decoded]);
  }
  return pairs;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/**
 * Returns the URL to which traces are sent. The path for traces is appended only to the general endpoint, not to an endpoint
 * for traces (OpenTelemetry, "OTLP Exporter Configuration").
 * @returns undefined if the text is not an http or https URL, or has a user name, query or fragment
 */
export function readTracesUrl(
  text: string,
  { isComplete }: { readonly isComplete: boolean },
): URL | undefined {
  const url = /^https?:\/\/[^/?#\\@\s\p{C}][^?#\\@\s\p{C}]*$/iu.test(text) ? URL.parse(text) : null;
  if (url === null) return undefined;
  if (!isComplete) url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`;
  return url;
}

/** @returns a number from 0 to 1; undefined if the text is not such a number */
export function readRatio(text: string): number | undefined {
  const ratio = Number(text);
  return /^\d*\.?\d+(?:e-\d+)?$/i.test(text) && ratio <= 1 ? ratio : undefined;
}

interface Sampler {
  /** Whether the decision in the caller's trace context applies, if the request has a trace context. */
  readonly parentBased: boolean;
  /**
   * The fraction to trace of the requests to which no trace context's decision applies; undefined if a separate variable sets
   * it.
   */
  readonly ratio: number | undefined;
}

/** OpenTelemetry's samplers, by their names in OTEL_TRACES_SAMPLER. */
export const SAMPLERS: ReadonlyMap<string, Sampler> = new Map([
  ['always_on', { parentBased: false, ratio: 1 }],
  ['always_off', { parentBased: false, ratio: 0 }],
  ['traceidratio', { parentBased: false, ratio: undefined }],
  ['parentbased_always_on', { parentBased: true, ratio: 1 }],
  ['parentbased_always_off', { parentBased: true, ratio: 0 }],
  ['parentbased_traceidratio', { parentBased: true, ratio: undefined }],
]);
