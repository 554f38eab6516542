import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';

/** Machine code of `exit(0)`, by Node's name of the architecture. */
const exitZero: Readonly<Record<string, { machine: number; code: readonly number[] }>> = {
  // mov eax, 60; xor edi, edi; syscall
  x64: { machine: 62, code: [0xb8, 60, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05] },
  // mov x8, #93; mov x0, #0; svc #0
  arm64: { machine: 183, code: [0xa8, 0x0b, 0x80, 0xd2, 0, 0, 0x80, 0xd2, 0x01, 0, 0, 0xd4] },
};

/** A static Linux program that does nothing and succeeds (ELF, System V ABI figure 4-3 and 5-1). Null for an architecture we have no code for. */
export function smallestProgram(arch: string = process.arch): Buffer | null {
  const target = exitZero[arch];
  if (!target) return null;
  const headers = 64 + 56;
  const base = 0x40_0000n;
  const file = Buffer.alloc(headers + target.code.length);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  file.writeUInt16LE(2, 16);
  file.writeUInt16LE(target.machine, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(base + BigInt(headers), 24);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(64, 52);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(1, 56);
  file.writeUInt32LE(1, 64);
  file.writeUInt32LE(5, 68);
  file.writeBigUInt64LE(base, 80);
  file.writeBigUInt64LE(base, 88);
  file.writeBigUInt64LE(BigInt(file.length), 96);
  file.writeBigUInt64LE(BigInt(file.length), 104);
  file.writeBigUInt64LE(0x1000n, 112);
  file.set(target.code, headers);
  return file;
}

/** That program as `/true` in a tar, for `docker import`: an image that needs no registry. */
export async function smallestRootFilesystem(program: Buffer): Promise<Buffer> {
  const tar = pack();
  tar.entry({ name: 'true', mode: 0o755, size: program.length }).end(program);
  tar.finalize();
  return buffer(tar);
}
