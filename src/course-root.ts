import { sep } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The folder that holds `content/` and `labs/`, as a URL with a closing slash: `SLIPWAY_COURSE`, or this repository. */
export function courseRoot(env: Readonly<Record<string, string | undefined>> = process.env): URL {
  return pathToFileURL(`${env.SLIPWAY_COURSE || process.cwd()}${sep}`);
}
