// For each alert in the Terraform files, contains time series for which the alert opens or stays closed.

/** The number of minutes after which alerts are compared. */
export const MINUTES = 90;

export interface AlertCase {
  readonly alert: string;
  /** The text that describes the time series. */
  readonly what: string;
  /** Each time series with its values, one per minute, in promtool's notation. */
  readonly series: Readonly<Record<string, string>>;
  /** The labels of each open alert; an empty list if none is open. */
  readonly open: readonly Readonly<Record<string, string>>[];
}

const logged = (metric: string, labels: string): string =>
  `logging_googleapis_com:user_fedbridge_${metric}{monitored_resource="cloud_run_revision",${labels}}`;
const requests = (status: string): string =>
  `run_googleapis_com:request_count{monitored_resource="cloud_run_revision",service_name="fedbridge",location="europe-west1",response_code_class="${status}"}`;
const failing = (role: string): string => logged('role_failures', `role="${role}",fault="sts_denied"`);
const faults = (fault: string): string => logged('faults', `fault="${fault}",operation="GetObject"`);
const denials = logged('s3_denials', 'bucket="acme-lake",role="lake"');
const slowBelow = (le: string): string => logged('first_byte_bucket', `le="${le}"`);

const EACH_MINUTE = `0+1x${MINUTES}`;
/** Fifty events in the last five minutes, and none before. */
const RECENTLY = `0x${MINUTES - 5} 10+10x4`;

export const ALERT_CASES: readonly AlertCase[] = [
  {
    alert: 'role',
    what: 'one role fails while the other works',
    series: { [failing('lake')]: EACH_MINUTE, [failing('partner')]: `0x${MINUTES}` },
    open: [{ role: 'lake' }],
  },
  {
    alert: 'unready',
    what: 'one role fails while the other works',
    series: { [failing('lake')]: EACH_MINUTE, [failing('partner')]: `0x${MINUTES}` },
    open: [],
  },
  {
    alert: 'unready',
    what: 'every role fails',
    series: { [failing('lake')]: EACH_MINUTE, [failing('partner')]: EACH_MINUTE },
    open: [{}],
  },
  {
    alert: 'credentials',
    what: 'each renewal fails',
    series: { [logged('renewal_failures', 'role="lake",fault="sts_denied"')]: `0+2x${MINUTES}` },
    open: [{ role: 'lake' }],
  },
  {
    alert: 'errors',
    what: 'one response in five is 5xx',
    series: { [requests('2xx')]: `0+40x${MINUTES}`, [requests('5xx')]: `0+10x${MINUTES}` },
    open: [{}],
  },
  {
    alert: 'errors',
    what: 'one response in a hundred is 5xx',
    series: { [requests('2xx')]: `0+990x${MINUTES}`, [requests('5xx')]: `0+10x${MINUTES}` },
    open: [],
  },
  {
    alert: 'errors',
    what: 'half of a few responses are 5xx',
    series: { [requests('2xx')]: EACH_MINUTE, [requests('5xx')]: EACH_MINUTE },
    open: [],
  },
  {
    alert: 'first_byte',
    what: 'one first byte in ten takes more than the threshold',
    series: {
      [slowBelow('1000')]: `0+90x${MINUTES}`,
      [slowBelow('4000')]: `0+100x${MINUTES}`,
      [slowBelow('+Inf')]: `0+100x${MINUTES}`,
    },
    open: [{}],
  },
  {
    alert: 'first_byte',
    what: 'one first byte in a hundred takes more than the threshold',
    series: {
      [slowBelow('1000')]: `0+99x${MINUTES}`,
      [slowBelow('4000')]: `0+100x${MINUTES}`,
      [slowBelow('+Inf')]: `0+100x${MINUTES}`,
    },
    open: [],
  },
  ...['overloaded', 'event_loop_lagging'].map((fault) => ({
    alert: 'overload',
    what: `requests fail with ${fault}`,
    series: { [faults(fault)]: EACH_MINUTE },
    open: [{}],
  })),
  {
    alert: 'overload',
    what: 'requests fail with other faults',
    series: { [faults('not_granted')]: EACH_MINUTE },
    open: [],
  },
  {
    alert: 's3_denials',
    what: 'many denials suddenly occur',
    series: { [denials]: RECENTLY },
    open: [{ bucket: 'acme-lake' }],
  },
  {
    alert: 's3_denials',
    what: 'denials have been frequent all along',
    series: { [denials]: `0+10x${MINUTES}` },
    open: [],
  },
  {
    alert: 's3_denials',
    what: 'a few denials suddenly occur',
    series: { [denials]: `0x${MINUTES - 5} 1+1x4` },
    open: [],
  },
  {
    alert: 'budget_warnings',
    what: 'a caller reaches the warning level of its budget',
    series: { [logged('budget_warnings', 'caller="112010400000000710080"')]: `0x${MINUTES - 5} 1x4` },
    open: [{ caller: '112010400000000710080' }],
  },
  {
    alert: 'budget_denials',
    what: 'a budget denies reads',
    series: { [faults('egress_budget_exceeded')]: RECENTLY },
    open: [{}],
  },
  {
    alert: 'keys',
    what: 'key refreshes fail while known keys are still in use',
    series: { [logged('key_failures', 'fault="issuer_keys_unavailable"')]: EACH_MINUTE },
    open: [{}],
  },
  ...['signing_keys_unavailable', 'issuer_keys_unavailable'].map((fault) => ({
    alert: 'keys',
    what: `requests fail with ${fault}`,
    series: { [faults(fault)]: EACH_MINUTE },
    open: [{}],
  })),
];
