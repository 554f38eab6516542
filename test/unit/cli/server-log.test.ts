import { expect, test } from 'vitest';
import { forPeople } from '#cli/site/server-log.ts';

test.each([
  ['{"level":30,"msg":"serving"}', null],
  ['{"level":40,"msg":"the disk is nearly full"}', '! the disk is nearly full'],
  ['{"level":50,"msg":"a lab failed","err":{"message":"no such image","stack":"…"}}', '✗ a lab failed: no such image'],
  ['Error: boom', 'Error: boom'],
  ['{ not json', '{ not json'],
])('%s is told as %s', (text, told) => expect(forPeople(text)).toBe(told));
