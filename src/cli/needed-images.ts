import type Docker from 'dockerode';
import { type Images, images } from '#cluster/images/index.ts';
import { loadCourse } from '#runtime/course.ts';
import { CommandFailure } from './failure.ts';
import { type Progress, span } from './progress.ts';

/** The images that the site and the first lab of the course need. */
export function firstImages(course: string): string[] {
  const first = loadCourse(course).lessons.find((lesson) => lesson.lab !== undefined)?.lab;
  return labImageNames(course, first === undefined ? [] : [first]);
}

/** The images these labs are made of. */
export function labImageNames(course: string, ids: readonly string[]): string[] {
  const { labs } = loadCourse(course);
  const own = ids.flatMap((id) => [...(labs[id]?.file.images ?? []), ...(labs[id]?.file.containers ?? []).map(({ image }) => image)]);
  return [...new Set(['node', 'gateway', 'toolbox', ...own])];
}

/** The image builder over this engine. */
export const imagesOf = (docker: Docker, root: string, env: Readonly<Record<string, string | undefined>>): Images =>
  images(docker, { root, env });

/** Makes sure of these images, each a phase when there is something to make. Throws at the first that cannot be had. */
export async function readyImages(
  all: Images,
  names: readonly string[],
  { progress, signal }: { progress: Progress; signal: AbortSignal },
) {
  const known = new Map((await all.list(signal)).map((image) => [image.name, image]));
  const missing = names.filter((name) => known.get(name)?.state !== 'ready');
  if (missing.length === 0) return;
  const total = missing.reduce((sum, name) => sum + (known.get(name)?.estimateSeconds ?? 60), 0);
  if (missing.length > 1) progress.say(`${missing.length} container images are to be made, once: about ${span(total * 1000)} in all.`);
  for (const name of missing) {
    const image = known.get(name);
    if (!image) throw new CommandFailure(`there is no image called ${name} under images/`);
    await progress.phase(
      `image ${name} (${image.title})`,
      (detail) =>
        all.ensure(name, {
          signal,
          report: ({ image: of, step, of: steps, detail: text }) =>
            detail(`${of === name ? '' : `${of} `}${steps ? `${step}/${steps} ` : ''}${text}`),
        }),
      { estimate: image.estimateSeconds, said: ({ how }) => how },
    );
  }
}
