import { BlockList } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inBlock } from '#grading/cidr.ts';

test.each([
  ['10.0.0.5', '10.0.0.0/24', true],
  ['10.0.1.5', '10.0.0.0/24', false],
  ['10.0.0.5', '10.0.0.5/32', true],
  ['192.168.1.1', '0.0.0.0/0', true],
  ['fd00::5', 'fd00::/8', true],
  ['fd00:0:0:0:0:0:0:5', 'fd00::5/128', true],
  ['2001:db8::1', 'fd00::/8', false],
  ['::ffff:10.0.0.1', '::ffff:a00:0/104', true],
  ['10.0.0.5', '::/0', false],
  ['fd00::5', '0.0.0.0/0', false],
  ['', '0.0.0.0/0', false],
  ['10.0.0', '10.0.0.0/8', false],
  ['10.0.0.256', '10.0.0.0/8', false],
  ['1:2:3', '::/0', false],
  ['1::2::3', '::/0', false],
  ['10.0.0.1', '10.0.0.0', false],
  ['10.0.0.1', '10.0.0.0/33', false],
])('%s in %s: %s', (address, block, expected) => {
  expect(inBlock(address, block)).toBe(expected);
});

test('blocks hold what the platform says they hold', () => {
  const families = fc.oneof(
    fc.record({ ip: fc.ipV4(), base: fc.ipV4(), prefix: fc.integer({ min: 0, max: 32 }), type: fc.constant('ipv4' as const) }),
    fc.record({ ip: fc.ipV6(), base: fc.ipV6(), prefix: fc.integer({ min: 0, max: 128 }), type: fc.constant('ipv6' as const) }),
  );
  fc.assert(
    fc.property(families, fc.boolean(), ({ ip, base, prefix, type }, near) => {
      const network = near ? ip : base;
      const list = new BlockList();
      list.addSubnet(network, prefix, type);
      expect(inBlock(ip, `${network}/${prefix}`)).toBe(list.check(ip, type));
    }),
  );
});
