import { type Captures, ClusterError, type ClusterSpec, type LabAccess, type LabSpec } from '../port.ts';
import { listCaptures, needWhole, removeCapture } from './capture-store.ts';
import { type Taking, takeCapture } from './capture-take.ts';
import { putFiles } from './clone.ts';
import { engineTraits } from './facts.ts';
import { removeLab } from './find.ts';
import { completeMark } from './identities.ts';
import { checkSpec, controlPlane } from './names.ts';
import { accessOf, type Restore, restoreSteps } from './restore.ts';
import { runSteps } from './steps.ts';

interface Options extends Taking {
  gatewayImage: () => Promise<string>;
  nodeEnv: Readonly<Record<string, string>>;
}

const cleanUpLimit = 180_000;

/** Labs from captures of labs, kept as volumes of the engine. */
export function kindCaptures(options: Options): Captures {
  const { engine } = options;
  return {
    list: (instance, signal) => listCaptures(engine, instance, signal),
    unfit,
    async take(spec, key, signal) {
      const why = unfit(spec);
      if (why !== null) throw new ClusterError('step-failed', why);
      return await takeCapture(options, spec, key, signal);
    },
    steps: (spec) => restoreSteps(spec).map(({ id, title }) => ({ id, title })),
    restore: (key, spec, report, signal) => restore(options, key, spec, report, signal),
    remove: (instance, key, signal) => removeCapture(engine, instance, key, signal),
  };
}

async function restore(
  { engine, nodeImage, gatewayImage, nodeEnv }: Options,
  key: string,
  spec: LabSpec,
  report: Parameters<Captures['restore']>[2],
  signal: AbortSignal,
): Promise<LabAccess> {
  checkSpec(spec);
  const taken = await needWhole(engine, spec.instance, key, signal);
  const traits = await engineTraits(engine, signal);
  const context: Restore = { engine, spec, traits, nodeImage, gatewayImage, nodeEnv, taken, made: new Map() };
  try {
    await runSteps(restoreSteps(spec), context, report, signal);
    const mark = { path: completeMark, content: '', mode: 0o644 };
    await Promise.all(spec.clusters.map((cluster) => putFiles(engine, controlPlane(spec, cluster).container, [mark], signal)));
    const { instance, lab, epoch } = spec;
    const nodes = [...context.made.values()].flatMap((made) =>
      made.nodes.map(({ cluster, hostname, container, role }) => ({ cluster, hostname, container, role })),
    );
    return { ref: { instance, lab, epoch }, clusters: accessOf(context), nodes };
  } catch (error) {
    await removeLab(engine, spec, AbortSignal.timeout(cleanUpLimit));
    throw error;
  } finally {
    await Promise.allSettled([...context.made.values()].map(async ({ admin }) => await admin?.close()));
  }
}

/** What a capture cannot carry over, in a sentence. */
function unfit(spec: LabSpec): string | null {
  if (spec.clusters.length > 1) return 'A lab of several clusters is not captured yet.';
  if (spec.containers.length > 0) return 'Machines beside the cluster may keep what the set-up wrote into them.';
  for (const cluster of spec.clusters) {
    if (ownKeys(cluster)) return 'The cluster’s settings name certificates of their own.';
    const yaml = cluster.setup.map((file) => file.yaml).join('\n');
    if (/kubernetes\.io\/service-account-token|bootstrap\.kubernetes\.io\/token/.test(yaml)) {
      return 'The set-up makes a token that only the first lab’s key vouches for.';
    }
    if (/\bkind:\s*["']?CertificateSigningRequest\b/.test(yaml)) return 'The set-up asks for a certificate of the cluster’s own authority.';
  }
  return null;
}

const ownKeys = ({ kubeadmPatches }: ClusterSpec): boolean =>
  /cert|pki|"external"|tls|encryption-provider|service-account-(?:key|signing|issuer)/i.test(JSON.stringify(kubeadmPatches));
