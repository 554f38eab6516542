import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ClusterError } from '#cluster/port.ts';
import { declaredArgs } from './context.ts';

/** An image that Slipway makes: one variant of a folder under `images/`. */
export interface ImageDefinition {
  /** What others ask for: `toolbox`, or a name that labs write, such as `harbour/api:1.0`. */
  name: string;
  /** Absolute path of its build context. */
  folder: string;
  title: string;
  /** Build arguments that are part of what the image is. */
  args: Readonly<Record<string, string>>;
  /** Build argument → name of the image whose reference it takes. */
  from: Readonly<Record<string, string>>;
  /** About how long a build takes on two cores. */
  seconds: number;
  /** Only a step on the way to another image. */
  internal: boolean;
}

const Variant = z.strictObject({
  name: z.string().regex(/^[a-z0-9]+([./:_-][a-z0-9]+)*$/, 'an image name: lower case, digits and . / : _ -'),
  title: z.string().min(1),
  args: z.record(z.string(), z.string()).default({}),
  from: z.record(z.string(), z.string()).default({}),
  seconds: z.number().int().positive().default(60),
  internal: z.boolean().default(false),
});

/** Arguments that mean the same in every Dockerfile that declares them. */
const usual = { BASE: 'base', NODE_IMAGE: 'node' };

/** `images/NAME/image.json`. A folder without one makes a single image of its own name. */
const ImageFile = z.strictObject({ images: z.array(Variant).min(1) });

/** Every image under `root/images`, in the folders' order. Throws naming file and field when an `image.json` is malformed. */
export async function readCatalogue(root: string): Promise<readonly ImageDefinition[]> {
  const images = join(root, 'images');
  const folders = (await readdir(images, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const found = await Promise.all(folders.map((entry) => readFolder(join(images, entry.name), entry.name)));
  return found.flat().sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function readFolder(folder: string, name: string): Promise<ImageDefinition[]> {
  const entries = await readdir(folder);
  if (!entries.includes('Dockerfile')) return [];
  const declared = declaredArgs(await readFile(join(folder, 'Dockerfile'), 'utf8'));
  const from = Object.fromEntries(Object.entries(usual).filter(([argument]) => declared.has(argument)));
  const variants = entries.includes('image.json')
    ? await readImageFile(join(folder, 'image.json'))
    : [Variant.parse({ name, title: `${name} image` })];
  return variants.map((variant) => ({ ...variant, folder, from: { ...from, ...variant.from } }));
}

async function readImageFile(path: string): Promise<z.infer<typeof Variant>[]> {
  const parsed = ImageFile.safeParse(JSON.parse(await readFile(path, 'utf8')));
  if (!parsed.success) throw new ClusterError('no-image', `${path} cannot be read.`, { output: z.prettifyError(parsed.error) });
  return parsed.data.images;
}

/** The reference an image is found under: a name with a tag is kept, others are tagged by their hash. */
export function referenceOf(name: string, hash: string): string {
  return name.includes(':') ? name : `slipway/${name}:${hash.slice(0, 12)}`;
}
