import { join } from 'node:path';
import { build } from 'astro';

// Run by node with SLIPWAY_COURSE set: builds the site of that course into the folder named as argument, beside nothing of ours.
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: node build-site.ts FOLDER');
const root = join(import.meta.dirname, '..', '..');
await build({ root, outDir: join(folder, 'dist'), cacheDir: join(folder, 'cache'), logLevel: 'error' });
