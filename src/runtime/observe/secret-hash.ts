import { createHmac } from 'node:crypto';

/** What stands for a secret's value: equal bytes stay equal wherever they are read, and none can be read back. */
export const secretHash = (bytes: Uint8Array, key: Uint8Array): string =>
  `hmac:${createHmac('sha256', key).update(bytes).digest('hex').slice(0, 32)}`;
