import { type Attached, type Channel, type Link, type Listener, type Opening, openLink } from './link.ts';

/** Begins the command a link runs on. The signal ends it. */
export type BeginLink = (argv: readonly string[], signal: AbortSignal) => Promise<Attached>;

export interface LinkTimes {
  /** How long a link may take to begin, and is kept when it carries nothing; milliseconds. */
  begin?: number;
  idle?: number;
}

interface Standing {
  link: Promise<Link>;
  idle: ReturnType<typeof setTimeout> | undefined;
}

/** The links of all labs, one each: begun when first wanted, kept for a minute after its last use, begun again when it broke. */
export function links({ begin: beginWithin = 15_000, idle: idleFor = 60_000 }: LinkTimes = {}) {
  const standing = new Map<string, Standing>();
  let closed = false;

  async function begin(lab: string, start: BeginLink, entry: Standing): Promise<Link> {
    const forget = () => {
      clearTimeout(entry.idle);
      if (standing.get(lab) === entry) standing.delete(lab);
    };
    // The deadline is for the beginning; once a link stands, it ends by itself.
    const late = new AbortController();
    const deadline = setTimeout(() => late.abort(new Error('the toolbox did not answer in time')), beginWithin);
    try {
      const link = openLink(await start(['slipway-shell', 'link'], late.signal), () => {
        if (link.over() === null) {
          entry.idle = setTimeout(() => link.close('nothing was open'), idleFor);
          entry.idle.unref();
        } else forget();
      });
      if (closed) link.close('the server stops');
      return link;
    } catch (error) {
      forget();
      throw error;
    } finally {
      clearTimeout(deadline);
    }
  }

  function begun(lab: string, start: BeginLink): Standing {
    const entry: Standing = { link: Promise.resolve().then(() => begin(lab, start, entry)), idle: undefined };
    standing.set(lab, entry);
    return entry;
  }

  return {
    /** A channel to a shell of a lab. Throws what `start` throws when there is no link and none can be begun. */
    async open(lab: string, start: BeginLink, opening: Opening, listener: Listener): Promise<Channel> {
      const entry = standing.get(lab) ?? begun(lab, start);
      const link = await entry.link;
      clearTimeout(entry.idle);
      return link.open(opening, listener);
    },
    /** Ends them all. */
    async closeAll(): Promise<void> {
      closed = true;
      const all = await Promise.allSettled([...standing.values()].map(({ link }) => link));
      for (const one of all) if (one.status === 'fulfilled') one.value.close('the server stops');
    },
  };
}
