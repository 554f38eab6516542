import type { Report } from './progress.ts';

/** An image in the engine, ready to be used. */
export interface ReadyImage {
  ref: string;
  id: string;
  how: 'given' | 'found' | 'loaded' | 'pulled' | 'built';
  /** What images that stand on it take as their input. */
  identity: string;
}

export interface ImageStatus {
  name: string;
  title: string;
  /** `stale`: there is one, of other inputs. */
  state: 'ready' | 'stale' | 'missing';
  /** The reference it has or would get; null while it depends on a node image that is not there yet. */
  ref: string | null;
  id: string | null;
  sizeBytes: number | null;
  /** About how long making it takes on two cores, with what only it needs. */
  estimateSeconds: number;
}

export interface Options {
  report?: Report;
  signal: AbortSignal;
}

/** The images Slipway needs: made from `images/` where they are missing or stale, found where they are not. */
export interface Images {
  /** Throws `ClusterError`, as all of these do. */
  list(signal: AbortSignal): Promise<readonly ImageStatus[]>;
  /** Makes sure of one image (`node`, `toolbox`, `harbour/api:1.0`, …) and of those it stands on. */
  ensure(name: string, options: Options): Promise<ReadyImage>;
  /** Makes sure of all of them. */
  buildAll(options: Options): Promise<readonly ReadyImage[]>;
  /** Removes images and stages of ours that no definition stands behind any longer and nothing uses; answers their names. */
  prune(signal: AbortSignal): Promise<readonly string[]>;
  /** Writes all images as tars into a folder that SLIPWAY_BUNDLE may name elsewhere; answers their paths. */
  bundle(folder: string, options: Options): Promise<readonly string[]>;
}

export type Environment = Readonly<Record<string, string | undefined>>;
