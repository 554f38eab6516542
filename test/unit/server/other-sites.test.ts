import { expect, test } from 'vitest';
import { isFromOtherSite } from '#server/other-sites.ts';

const asked = (url: string, site: string | undefined, mode = 'no-cors', dest = 'empty', method = 'GET') =>
  isFromOtherSite({
    method,
    url,
    headers: { ...(site === undefined ? {} : { 'sec-fetch-site': site }), 'sec-fetch-mode': mode, 'sec-fetch-dest': dest },
  });

test('a link from anywhere may lead to a page, and nothing else of another site comes through', () => {
  for (const site of ['cross-site', 'same-site']) {
    expect(asked('/lessons/01-first', site, 'navigate', 'document')).toBe(false);
    expect(asked('/lessons/01-first', site, 'navigate', 'iframe')).toBe(true);
    expect(asked('/lessons/01-first', site, 'navigate', 'document', 'POST')).toBe(true);
    expect(asked('/_astro/page.js', site, 'no-cors', 'script')).toBe(true);
    for (const path of ['/api/labs/01-first/session', '//api/x', '/API/x', '/api?x']) {
      expect(asked(path, site, 'navigate', 'document'), path).toBe(true);
    }
  }
});

test('our own pages, the address bar, and programs that say nothing come through', () => {
  for (const site of ['same-origin', 'none', undefined]) {
    expect(asked('/api/labs/01-first/start', site, 'cors', 'empty', 'POST')).toBe(false);
  }
});
