// @ts-check
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import mdx from '@astrojs/mdx';
import node from '@astrojs/node';
import { defineConfig } from 'astro/config';
import { courseContract } from './src/cli/check-course.ts';
import { fencedCommands } from './src/cli/site/fenced-commands.ts';
import { labsInDevelopment } from './src/cli/site/labs-in-development.ts';
import { searchIndex } from './src/cli/site/search-index.ts';
import { courseRoot } from './src/course-root.ts';

/**
 * The node adapter with our entry as the server's: bundled with the pages, so that both see one copy of every module.
 * @param {import('astro').AstroIntegration} adapter
 * @param {string} serverEntrypoint
 * @returns {import('astro').AstroIntegration}
 */
function withEntry(adapter, serverEntrypoint) {
  const done = adapter.hooks['astro:config:done'];
  return {
    ...adapter,
    hooks: {
      ...adapter.hooks,
      'astro:config:done': (options) => done?.({ ...options, setAdapter: (chosen) => options.setAdapter({ ...chosen, serverEntrypoint }) }),
    },
  };
}

const course = courseRoot();
const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
// What Astro remembers of one course must not turn up in another's build.
const cache = createHash('sha256').update(course.href).digest('hex').slice(0, 12);
const entry = here('./src/server/main.ts');

export default defineConfig({
  output: 'server',
  adapter: existsSync(entry) ? withEntry(node({ mode: 'standalone' }), entry) : node({ mode: 'standalone' }),
  integrations: [mdx(), courseContract(fileURLToPath(course)), labsInDevelopment(), searchIndex(fileURLToPath(course))],
  cacheDir: here(`./node_modules/.astro/${cache}/`),
  trailingSlash: 'never',
  session: false,
  devToolbar: { enabled: false },
  build: { inlineStylesheets: 'never' },
  markdown: { shikiConfig: { theme: 'css-variables', transformers: [fencedCommands] } },
  // Requests reach Astro only after the server's own allow-list of hosts; these let it see the origin as the browser does.
  security: { allowedDomains: [{ hostname: 'localhost' }, { hostname: '127.0.0.1' }, { hostname: '[::1]' }] },
  vite: {
    build: { assetsInlineLimit: 0 },
    server: { fs: { allow: [here('.'), fileURLToPath(course)] } },
  },
});
