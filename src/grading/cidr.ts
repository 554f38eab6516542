/** Whether an address lies in a CIDR block of its family; false when either cannot be read. */
export function inBlock(address: string, block: string): boolean {
  const [network = '', length = ''] = block.split('/');
  const [ip, base] = [bitsOf(address), bitsOf(network)];
  const prefix = /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  if (ip === null || base === null || ip.width !== base.width || !(prefix <= ip.width)) return false;
  const rest = BigInt(ip.width - prefix);
  return ip.bits >> rest === base.bits >> rest;
}

interface Address {
  bits: bigint;
  width: 32 | 128;
}

function bitsOf(address: string): Address | null {
  return address.includes(':') ? sixOf(address) : fourOf(address);
}

function fourOf(address: string): Address | null {
  const parts = address.split('.');
  if (parts.length !== 4 || parts.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255)) return null;
  return { bits: parts.reduce((bits, part) => (bits << 8n) | BigInt(part), 0n), width: 32 };
}

function sixOf(address: string): Address | null {
  const halves = withoutFour(address).split('::');
  if (halves.length > 2) return null;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  const words = [...head, ...Array<string>(missing).fill('0'), ...tail];
  if (words.some((word) => !/^[0-9a-f]{1,4}$/i.test(word))) return null;
  return { bits: words.reduce((bits, word) => (bits << 16n) | BigInt(`0x${word}`), 0n), width: 128 };
}

/** An IPv6 address may end in an IPv4 one: `::ffff:10.0.0.1`. */
function withoutFour(address: string): string {
  const at = address.lastIndexOf(':') + 1;
  const four = fourOf(address.slice(at));
  if (four === null) return address;
  return `${address.slice(0, at)}${(four.bits >> 16n).toString(16)}:${(four.bits & 0xffffn).toString(16)}`;
}
