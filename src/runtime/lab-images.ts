import type Dockerode from 'dockerode';
import { images } from '#cluster/images/index.ts';
import type { LabImages } from './context.ts';

/** The images of `images/`, told in one line of detail: what is made, how far it is, about how long it takes. */
export function labImages(docker: Dockerode, root: string): LabImages {
  const all = images(docker, { root });
  const ids = new Map<string, string>();
  return {
    idOf: (name) => ids.get(name),
    async ensure(name, report, signal) {
      const ready = await all.ensure(name, {
        signal,
        report: ({ title, step, of, detail, estimateSeconds }) => {
          const progress = of > 0 ? ` (step ${step} of ${of})` : '';
          const estimate = estimateSeconds === null ? '' : `, about ${Math.ceil(estimateSeconds / 60)} min in all`;
          report(`${title}${progress}${estimate}: ${detail}`);
        },
      });
      ids.set(name, ready.id);
      return ready.ref;
    },
  };
}
