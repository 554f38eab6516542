import { z } from 'zod';

const Words = z.array(z.string().max(200)).max(20).catch(['…']).default([]);

/** Variables that change what harbour's api is, or where it listens. */
const telling = /^(PATH$|LD_|PYTHON|HARBOUR_P)/;
const harmless: Readonly<Record<string, string>> = { HARBOUR_PORT: '8080', HARBOUR_PART: 'api' };

/** The parts of a pod that say where its containers' files are, and which program runs in them. None of them ever changes but the image. */
export const Spec = z.object({
  volumes: z
    .array(
      z.object({
        name: z.string(),
        persistentVolumeClaim: z.object({ claimName: z.string() }).optional(),
        hostPath: z.object({ path: z.string() }).optional(),
        emptyDir: z.object({}).optional(),
        ephemeral: z.object({}).optional(),
      }),
    )
    .default([]),
  containers: z.array(
    z.object({
      image: z.string(),
      command: Words,
      args: Words,
      env: z
        .array(z.object({ name: z.string(), value: z.string().optional().catch('…') }))
        .default([])
        .transform((all) => all.filter(({ name, value }) => telling.test(name) && harmless[name] !== value).slice(0, 4)),
      envFrom: z.array(z.object({})).default([]),
      volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })).default([]),
    }),
  ),
});
export type Spec = z.infer<typeof Spec>;
type Container = Spec['containers'][number];

/** What a container has at a path: a claim, by name, or storage of another kind, in words. */
export const Mount = z.object({ path: z.string(), claim: z.string().nullable(), kind: z.string().nullable() });
export type Mount = z.infer<typeof Mount>;

/** The containers of one of harbour's images, of any version. */
export const containersOf = ({ containers }: Spec, image: string): Container[] =>
  containers.filter((one) => new RegExp(`^(docker\\.io/)?${image}[:@]`).test(one.image));

/** What is mounted in a container, but for the token that every container gets. */
export function mountsIn({ volumes }: Spec, { volumeMounts }: Container): Mount[] {
  const own = volumeMounts.filter(({ mountPath }) => mountPath !== '/var/run/secrets/kubernetes.io/serviceaccount');
  return own.map(({ name, mountPath: path }) => {
    const volume = volumes.find((one) => one.name === name);
    const claim = volume?.persistentVolumeClaim?.claimName ?? null;
    return { path, claim, kind: claim === null ? kindOf(volume) : null };
  });
}

function kindOf(volume: Spec['volumes'][number] | undefined): string {
  if (volume?.hostPath) return `the node’s own folder ${volume.hostPath.path}`;
  if (volume?.emptyDir) return 'an emptyDir';
  if (volume?.ephemeral) return 'a claim that goes with the pod';
  return 'a volume of another kind';
}

/** What holds a file or folder: the deepest mount above it, or what comes with the container. */
export function storageAt(mounts: readonly Mount[], path: string): { claim: string } | { kind: string } {
  const over = mounts
    .filter((mount) => `${path}/`.startsWith(`${mount.path.replace(/\/+$/, '')}/`))
    .sort((a, b) => b.path.length - a.path.length)[0];
  if (over === undefined) return { kind: 'the file system of its container' };
  return over.claim === null ? { kind: over.kind ?? '' } : { claim: over.claim };
}

/** How a container of the api was made to be something else than its image's own program; null when it was not, as far as its pod tells. */
export function altered({ containers }: Spec, { command, args, env, envFrom, volumeMounts }: Container): string | null {
  if (command.length > 0 && command.join(' ') !== 'python3 -m harbour') return 'it has a command of its own';
  if (args.length > 0) return 'it has arguments of its own';
  if (env[0]) return `it sets ${env[0].name}`;
  if (envFrom.length > 0 && containers.length > 1) return 'it takes its variables from elsewhere, beside another container';
  const over = volumeMounts.find(({ mountPath }) => /^\/+(usr|bin|lib|lib64)(\/|$)/.test(mountPath));
  return over ? `something is mounted over ${over.mountPath}` : null;
}
