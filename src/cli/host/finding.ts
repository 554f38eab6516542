/** One condition of this machine. `problem` stops labs from starting; `warning` limits them; `unknown` could not be seen from here. */
export interface Finding {
  id: string;
  title: string;
  state: 'ok' | 'warning' | 'problem' | 'unknown';
  found: string;
  /** What does not work because of it. */
  breaks?: string;
  /** How to mend it. */
  mend?: string;
}

export const GiB = 1024 ** 3;
export const inGiB = (bytes: number) => `${(bytes / GiB).toFixed(1)} GiB`;
