import type { ShikiConfig } from 'astro';
import { parseFence } from '#course/fence.ts';

/** Puts what an author says of a fenced command where the page's script finds it: `data-run`, `data-tab`. Faults are the contract's to tell. */
export const fencedCommands: NonNullable<ShikiConfig['transformers']>[number] = {
  name: 'slipway-fenced-commands',
  pre(node) {
    const fence = parseFence(this.options.lang, this.options.meta?.__raw ?? '');
    if (typeof fence === 'string' || !fence.run) return;
    node.properties['data-run'] = '';
    if (fence.tab !== null) node.properties['data-tab'] = fence.tab;
  },
};
