// Reads messages in the wire format of Protocol Buffers (Protocol Buffers, "Encoding").
import assert from 'node:assert/strict';

/** The fields of one message, by field number. A missing field has the default value of its type. */
export interface Fields {
  has(field: number): boolean;
  /** Returns a varint or a fixed 32-bit or 64-bit number. */
  number(field: number): bigint;
  /** Returns a string or bytes. */
  bytes(field: number): Buffer;
  /** Returns the messages in a repeated or single field. */
  messages(field: number): Fields[];
}

export const textOf = (bytes: Buffer): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes);

/** @throws AssertionError if the message is invalid */
export function fieldsOf(message: Buffer): Fields {
  const values = new Map<number, (bigint | Buffer)[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at];
      assert.ok(byte !== undefined && shift < 70n, 'a varint must end within the message');
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Buffer => {
    assert.ok(at + length <= message.length, 'a field must end within its message');
    at += length;
    return message.subarray(at - length, at);
  };
  const valueOf = (wireType: number): bigint | Buffer => {
    if (wireType === 0) return varint();
    if (wireType === 1) return take(8).readBigUInt64LE();
    if (wireType === 2) return take(Number(varint()));
    assert.equal(wireType, 5, 'the wire type must be known');
    return BigInt(take(4).readUInt32LE());
  };
  while (at < message.length) {
    const tag = Number(varint());
    const field = tag >> 3;
    const known = values.get(field) ?? [];
    known.push(valueOf(tag & 7));
    values.set(field, known);
  }
  return {
    has: (field) => values.has(field),
    number: (field) => {
      const value = values.get(field)?.at(-1) ?? 0n;
      assert.equal(typeof value, 'bigint', `field ${field} must be a number`);
      return value as bigint;
    },
    bytes: (field) => {
      const value = values.get(field)?.at(-1) ?? Buffer.alloc(0);
      assert.ok(Buffer.isBuffer(value), `field ${field} must be bytes`);
      return value;
    },
    messages: (field) =>
      (values.get(field) ?? []).map((value) => {
        assert.ok(Buffer.isBuffer(value), `field ${field} must be a message`);
        return fieldsOf(value);
      }),
  };
}
