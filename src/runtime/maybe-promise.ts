// Values that are usually cached, and returned as a promise only if they are not.

export type MaybePromise<Value> = Value | Promise<Value>;

export function isPending<Value>(value: MaybePromise<Value>): value is Promise<Value> {
  return value instanceof Promise;
}
