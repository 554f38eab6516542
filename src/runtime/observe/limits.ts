/** What a probe may take at most, in milliseconds: less than an observation may, so that a silent target is seen to be one. */
export const longestProbe = 6000;

/** An address as a URL's host. */
export const hostOf = (address: string) => (address.includes(':') ? `[${address}]` : address);
