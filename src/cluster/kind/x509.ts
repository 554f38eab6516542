import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

/** A certificate and its key, as PEM. */
export interface Pair {
  cert: string;
  key: string;
}

/** What may sign others. */
export interface Authority extends Pair {
  name: string;
  secret: KeyObject;
}

interface Subject {
  commonName: string;
  organisation?: string;
}

interface Leaf extends Subject {
  uses: readonly ('server' | 'client')[];
  /** Names and IPv4 addresses it is good for. */
  hosts?: readonly string[];
}

const year = 365 * 24 * 3600_000;
/** Clocks of engine and server may differ a little. */
const slack = 300_000;

/** A new authority, good for ten years, with a P-256 key that nothing else has. */
export function authority(name: string): Authority {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const body = { serial: randomBytes(8), issuer: { commonName: name }, subject: { commonName: name }, lasts: 10 * year, publicKey };
  const extensions = [
    extension(oid.keyUsage, true, bits(0xa4, 2)),
    extension(oid.basicConstraints, true, seq(boolean)),
    extension(oid.subjectKeyId, false, octets(keyId(publicKey))),
    extension(oid.alternativeNames, false, seq(tlv(0x82, Buffer.from(name)))),
  ];
  return { name, secret: privateKey, key: pem(privateKey), cert: certificate({ ...body, extensions }, privateKey) };
}

/** A certificate of this authority, good for a year, for a new P-256 key. */
export function issue(by: Authority, { uses, hosts = [], ...subject }: Leaf): Pair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const names = hosts.map((host) => (isIPv4(host) ? tlv(0x87, Buffer.from(host.split('.').map(Number))) : tlv(0x82, Buffer.from(host))));
  const extensions = [
    extension(oid.keyUsage, true, bits(0xa0, 5)),
    extension(oid.extendedKeyUsage, false, seq(...uses.map((use) => object(oid[use])))),
    extension(oid.basicConstraints, true, seq()),
    extension(oid.authorityKeyId, false, seq(tlv(0x80, keyId(createPublicKey(by.secret))))),
    ...(names.length > 0 ? [extension(oid.alternativeNames, false, seq(...names))] : []),
  ];
  const body = { serial: randomBytes(8), issuer: { commonName: by.name }, subject, lasts: year, publicKey };
  return { key: pem(privateKey), cert: certificate({ ...body, extensions }, by.secret) };
}

/** A key pair as Kubernetes signs and checks its tokens with. */
export function tokenKeys(): { secret: string; open: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { secret: pem(privateKey), open: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
}

interface Body {
  serial: Buffer;
  issuer: Subject;
  subject: Subject;
  lasts: number;
  publicKey: KeyObject;
  extensions: readonly Buffer[];
}

/** RFC 5280 §4.1, signed with ECDSA and SHA-256. */
function certificate({ serial, issuer, subject, lasts, publicKey, extensions }: Body, secret: KeyObject): string {
  const now = Date.now();
  const algorithm = seq(object(oid.ecdsaWithSha256));
  const number = Buffer.from(serial);
  number[0] = ((number[0] ?? 0) & 0x7f) | 0x40; // positive, and no leading zero
  const toBeSigned = seq(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, number),
    algorithm,
    distinguished(issuer),
    seq(time(now - slack), time(now + lasts)),
    distinguished(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, seq(...extensions)),
  );
  const der = seq(toBeSigned, algorithm, bits(sign('sha256', toBeSigned, secret)));
  const lines = der.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

const oid = {
  commonName: '550403',
  organisation: '55040a',
  subjectKeyId: '551d0e',
  keyUsage: '551d0f',
  alternativeNames: '551d11',
  basicConstraints: '551d13',
  authorityKeyId: '551d23',
  extendedKeyUsage: '551d25',
  server: '2b06010505070301',
  client: '2b06010505070302',
  ecdsaWithSha256: '2a8648ce3d040302',
} as const;

function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const seq = (...parts: readonly Buffer[]): Buffer => tlv(0x30, ...parts);
const octets = (content: Buffer): Buffer => tlv(0x04, content);
const object = (hex: string): Buffer => tlv(0x06, Buffer.from(hex, 'hex'));
const boolean = tlv(0x01, Buffer.from([0xff]));

/** A bit string of whole bytes, or of one byte less its unused bits. */
function bits(content: Buffer | number, unused = 0): Buffer {
  return tlv(0x03, Buffer.from([unused]), typeof content === 'number' ? Buffer.from([content]) : content);
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return seq(object(id), ...(critical ? [boolean] : []), octets(value));
}

function distinguished({ organisation, commonName }: Subject): Buffer {
  const attribute = (id: string, text: string) => tlv(0x31, seq(object(id), tlv(0x0c, Buffer.from(text))));
  return seq(...(organisation === undefined ? [] : [attribute(oid.organisation, organisation)]), attribute(oid.commonName, commonName));
}

/** UTCTime, which ends with 2049. */
function time(at: number): Buffer {
  return tlv(0x17, Buffer.from(`${new Date(at).toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`));
}

function keyId(publicKey: KeyObject): Buffer {
  return createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
}

function pem(secret: KeyObject): string {
  return secret.export({ type: 'sec1', format: 'pem' }).toString();
}
