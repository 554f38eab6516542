import { createHash, randomBytes, randomInt } from 'node:crypto';

const letters = 'abcdefghijklmnopqrstuvwxyz';
const characters = `${letters}0123456789`;

/** Twelve random characters of a–z and 0–9, a letter first: fit for a DNS label, a container name and a URL. */
export function newId(): string {
  let id = letters.charAt(randomInt(letters.length));
  while (id.length < 12) id += characters.charAt(randomInt(characters.length));
  return id;
}

/** 256 random bits in base64url, told to one browser and stored nowhere. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** What is stored of a token: it cannot be turned back, and with 256 random bits needs no salt. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
