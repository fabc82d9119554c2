// Tells where S3 sends a request that asked in the wrong region, and what no S3 would answer.
import { Fault } from '../errors/fault.ts';
import { isRegion } from './endpoint.ts';
import type { S3Error } from './refusal.ts';

/** @throws Fault s3_redirect_failed where S3 names no region, or moved us already */
export function regionToTry({ region, code, status }: S3Error, moved: boolean): string {
  if (moved || region === undefined || !isRegion(region)) {
    throw new Fault('s3_redirect_failed', { region, s3Code: code, s3Status: status });
  }
  return region;
}

/** Includes 304, which a caller's condition requests; excludes 205, whose body some clients skip. */
export function isSuccess(status: number): boolean {
  return status === 200 || status === 206 || status === 304 || status === 204;
}

/** S3 redirects in two ways, and to regions only; whatever else redirects is not S3. */
export function isRefusalStatus(status: number): boolean {
  return status === 301 || status === 307 || (status >= 400 && status < 600);
}

/** 301 and 307 are redirects; 400 AuthorizationHeaderMalformed names the region that it expected. */
export function isRedirect({ status, code, region }: S3Error, tried: string): boolean {
  if (status === 301 || status === 307) return true;
  return (
    status === 400 &&
    region !== undefined &&
    region !== tried &&
    (code === undefined || code === 'AuthorizationHeaderMalformed')
  );
}
