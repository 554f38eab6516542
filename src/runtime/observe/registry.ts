import type { Look } from './eyes.ts';
import { askInLab, jsonOf } from './lab-http.ts';

/** A registry converts or hides a manifest whose type is not asked for. */
const accept = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/json',
].join(', ');

export const registryGet: Look<'registry.get'> = async (request, eyes, signal) =>
  jsonOf(await askInLab(eyes, { ...request, accept }, signal), request);
