import type { ProofState } from '#server/authoring/proof-state.ts';

/** What a lesson says of its lab's proof: the fact, and what it means for who trusts the checks. */
export function proofWords(proof: ProofState): { mark: 'passed' | 'open'; fact: string; at: string | null; meaning: string } {
  if (proof.state === 'none' || proof.state === 'faulty') {
    const meaning = 'Nobody has shown its checks right and wrong answers on a real cluster yet, so they may err.';
    return { mark: 'open', fact: 'Not proved yet', at: null, meaning };
  }
  const { kubernetesVersion, date } = proof.proof;
  const on = `on Kubernetes ${kubernetesVersion.replace(/^v/, '')}`;
  return proof.state === 'valid'
    ? {
        mark: 'passed',
        fact: `Proved ${on}`,
        at: date,
        meaning: 'Its checks were shown right and wrong answers on a real cluster, and told them apart.',
      }
    : { mark: 'open', fact: `Changed since it was proved ${on}`, at: date, meaning: 'Its checks told right from wrong then, and may err.' };
}
