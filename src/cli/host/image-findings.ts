import type { Found } from '../engine/find.ts';
import { inWords } from '../failure.ts';
import { imagesOf } from '../needed-images.ts';
import { span } from '../progress.ts';
import type { Finding } from './finding.ts';

/** The node image, and the base that the others stand on. */
export async function imageFindings(
  found: Found,
  root: string,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<Finding[]> {
  const base = { id: 'node-image', title: 'Node image' };
  if (!found.ok) return [{ ...base, state: 'unknown', found: 'there is no engine to look in' }];
  try {
    const list = await imagesOf(found.engine.docker, root, env).list(signal);
    return list.map((image) => {
      const title = `Image ${image.name}`;
      const id = `${image.name}-image`;
      if (image.state === 'ready') return { id, title, state: 'ok', found: image.ref ?? 'there' };
      return {
        id,
        title,
        state: image.name === 'node' ? 'warning' : 'unknown',
        found: image.state === 'stale' ? 'out of date' : 'not made yet',
        breaks: 'A lab that needs it waits while it is made.',
        mend: `./slipway images build ${image.name} (about ${span(image.estimateSeconds * 1000)})`,
      };
    });
  } catch (error) {
    signal.throwIfAborted();
    return [{ ...base, state: 'problem', found: inWords(error), breaks: 'No lab can start.' }];
  }
}
