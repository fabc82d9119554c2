// Reads OpenTelemetry's standard variables: where traces are sent, which requests are traced, and how the service is named.
import { isLoopback } from './allowed-origins.ts';
import { readAttributes, readHeaders, readRatio, readTracesUrl, SAMPLERS } from './otel-values.ts';
import type { Problem } from './problem.ts';
import { quote } from './show.ts';
import type { TraceSettings } from './types.ts';

/** The same type as `Environment`. No value is an empty string. */
type Variables = Readonly<Record<string, string | undefined>>;

/** The variables that are supported. docs/reference/configuration.md lists them. */
export const TRACE_VARIABLES = [
  {
    name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    meaning:
      'URL of an OpenTelemetry collector that accepts OTLP over HTTP, such as `http://127.0.0.1:4318`. The bridge sends traces to `v1/traces` below this URL. Must not contain a user name, query or fragment.',
    default: 'no traces',
  },
  {
    name: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    meaning: 'The complete URL for traces. Overrides `OTEL_EXPORTER_OTLP_ENDPOINT`.',
  },
  {
    name: 'OTEL_EXPORTER_OTLP_HEADERS',
    meaning:
      'Headers of requests to the collector, as `NAME=VALUE,NAME=VALUE` with percent-encoded values. If this variable is set, the endpoint must use https or a loopback host, because headers usually contain a key.',
  },
  {
    name: 'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
    meaning: 'Like `OTEL_EXPORTER_OTLP_HEADERS`; overrides headers of the same name.',
  },
  {
    name: 'OTEL_EXPORTER_OTLP_PROTOCOL',
    meaning: 'Only `http/protobuf` is supported.',
    default: 'http/protobuf',
  },
  {
    name: 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL',
    meaning: 'Overrides `OTEL_EXPORTER_OTLP_PROTOCOL`.',
  },
  {
    name: 'OTEL_SERVICE_NAME',
    meaning: 'Name of the service in traces, the attribute `service.name`.',
    default: 'the Cloud Run service, otherwise `fedbridge`',
  },
  {
    name: 'OTEL_RESOURCE_ATTRIBUTES',
    meaning: 'Attributes of the service in traces, as `NAME=VALUE,NAME=VALUE` with percent-encoded values.',
  },
  {
    name: 'OTEL_TRACES_SAMPLER',
    meaning:
      "Which requests are traced: `always_on`, `always_off`, `traceidratio`, `parentbased_always_on`, `parentbased_always_off` or `parentbased_traceidratio`. If a request has a trace context, the `parentbased` samplers follow the caller's decision in that context.",
    default: 'parentbased_always_on',
  },
  {
    name: 'OTEL_TRACES_SAMPLER_ARG',
    meaning: 'Ratio of traced requests for `traceidratio` and `parentbased_traceidratio`: 0 to 1.',
    default: '1',
  },
  {
    name: 'OTEL_BSP_SCHEDULE_DELAY',
    meaning:
      'How long finished spans wait so that several of them can be sent together, in milliseconds: 0 to 60000.',
    default: '1000',
  },
  {
    name: 'OTEL_TRACES_EXPORTER',
    meaning: '`otlp` or `none`. With `none`, the bridge sends no traces.',
    default: 'otlp',
  },
  { name: 'OTEL_SDK_DISABLED', meaning: 'If `true`, the bridge sends no traces.', default: 'false' },
] as const;

interface Outcome {
  /** The settings for traces; undefined if the bridge sends no traces. */
  readonly settings?: TraceSettings;
  readonly problems: readonly Problem[];
}

/**
 * Checks the variables only if an endpoint is set, because platforms may set the other variables for every program.
 * @param set the environment without empty variables
 */
export function readTraceSettings(set: Variables): Outcome {
  const { OTEL_SDK_DISABLED: disabled, OTEL_TRACES_EXPORTER: exporter = 'otlp' } = set;
  const name =
    set['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] === undefined
      ? 'OTEL_EXPORTER_OTLP_ENDPOINT'
      : 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT';
  const endpoint = set[name];
  if (endpoint === undefined || disabled?.toLowerCase() === 'true' || exporter === 'none')
    return { problems: [] };
  const problems: Problem[] = [];
  const report = (field: string, rule: string, fix = ''): void => {
    problems.push({ field, rule, fix });
  };
  if (exporter !== 'otlp') report('OTEL_TRACES_EXPORTER', `must be otlp or none, not ${quote(exporter)}`);
  const headers: Record<string, string> = {};
  for (const variable of ['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_EXPORTER_OTLP_TRACES_HEADERS']) {
    const read = readHeaders(set[variable] ?? '');
    // The value is not shown, because it may contain a key.
    if (read === undefined) report(variable, `must be valid headers, ${PAIRS}`);
    for (const [header, value] of read ?? []) headers[header.toLowerCase()] = value;
  }
  const url = readTracesUrl(endpoint, { isComplete: name !== 'OTEL_EXPORTER_OTLP_ENDPOINT' });
  if (url === undefined)
    report(name, 'must be an http or https URL without user name, query and fragment', ENDPOINT_FIX);
  else if (url.protocol === 'http:' && !isLoopback(url.hostname) && Object.keys(headers).length > 0)
    report(
      name,
      'must use https, because the headers for the collector usually contain a key',
      'Use https, or a collector on this machine, or remove the headers.',
    );
  const protocolName =
    set['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] === undefined
      ? 'OTEL_EXPORTER_OTLP_PROTOCOL'
      : 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL';
  const protocol = set[protocolName] ?? PROTOCOL;
  if (protocol !== PROTOCOL)
    report(
      protocolName,
      `must be ${PROTOCOL}, not ${quote(protocol)}`,
      'Collectors accept this protocol on port 4318.',
    );
  const attributes = readAttributes(set['OTEL_RESOURCE_ATTRIBUTES'] ?? '');
  if (attributes === undefined) report('OTEL_RESOURCE_ATTRIBUTES', `must be valid attributes, ${PAIRS}`);
  const sampler = readSampler(set, report);
  const { OTEL_BSP_SCHEDULE_DELAY: delay = '1000' } = set;
  if (!/^\d{1,5}$/.test(delay) || Number(delay) > MAX_DELAY_MS)
    report(
      'OTEL_BSP_SCHEDULE_DELAY',
      `must be a number of milliseconds from 0 to ${MAX_DELAY_MS}, not ${quote(delay)}`,
    );
  if (problems.length > 0 || url === undefined || sampler === undefined) return { problems };
  const { K_SERVICE: service = 'fedbridge', OTEL_SERVICE_NAME: ownName } = set;
  return {
    problems,
    settings: {
      url: url.href,
      headers,
      resource: {
        'service.name': service,
        ...Object.fromEntries(attributes ?? []),
        ...(ownName === undefined ? {} : { 'service.name': ownName }),
      },
      sampler,
      delayMs: Number(delay),
    },
  };
}

const MAX_DELAY_MS = 60_000;
const PROTOCOL = 'http/protobuf';
const ENDPOINT_FIX =
  'Write, for example, http://127.0.0.1:4318. If the collector requires a key, set it in OTEL_EXPORTER_OTLP_HEADERS.';
const PAIRS = 'NAME=VALUE,NAME=VALUE, with percent-encoded values';

/** @returns undefined if one of the two variables is invalid; the problem has then been reported */
function readSampler(
  { OTEL_TRACES_SAMPLER: name = 'parentbased_always_on', OTEL_TRACES_SAMPLER_ARG: text = '1' }: Variables,
  report: (field: string, rule: string) => void,
): TraceSettings['sampler'] | undefined {
  const sampler = SAMPLERS.get(name);
  if (sampler === undefined) {
    report('OTEL_TRACES_SAMPLER', `must be one of ${[...SAMPLERS.keys()].join(', ')}, not ${quote(name)}`);
    return undefined;
  }
  const { parentBased } = sampler;
  const ratio = sampler.ratio ?? readRatio(text);
  if (ratio === undefined)
    report('OTEL_TRACES_SAMPLER_ARG', `must be a number from 0 to 1, not ${quote(text)}`);
  return ratio === undefined ? undefined : { parentBased, ratio };
}
