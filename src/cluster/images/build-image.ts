import { stripVTControlCharacters } from 'node:util';
import type Dockerode from 'dockerode';
import type { ImageDefinition } from './catalogue.ts';
import { contextTar, declaredArgs, label } from './context.ts';
import { buildFailure } from './failure.ts';
import type { HostSettings } from './host.ts';
import type { ContextFile } from './inputs.ts';
import { engineMessages, parseStep, type Report } from './progress.ts';

export interface BuildInput {
  image: ImageDefinition;
  hash: string;
  reference: string;
  files: readonly ContextFile[];
  /** Build argument → reference of the image it names. */
  from: Readonly<Record<string, string>>;
  host: HostSettings;
}

/**
 * Builds an image with the engine's own builder and, only when it is whole, names it. What an interrupted
 * build leaves is untagged and labelled; the next build takes it up, and the end of a build sweeps it.
 */
export async function buildImage(docker: Dockerode, input: BuildInput, report: Report, signal: AbortSignal): Promise<string> {
  const { image, hash, reference } = input;
  let id: string | undefined;
  let step = { step: 0, of: 0, command: '' };
  const output: string[] = [];
  const tell = (detail: string) =>
    report({ image: image.name, title: image.title, step: step.step, of: step.of, detail, estimateSeconds: image.seconds });
  try {
    const stream = await docker.buildImage(contextTar(image.name, input.files, input.host), {
      version: '1',
      rm: true,
      forcerm: true,
      buildargs: buildArgs(input),
      labels: { [label.image]: image.name, [label.hash]: hash },
      abortSignal: signal,
    });
    for await (const message of engineMessages(stream)) {
      if (message.error !== undefined) throw new Error(message.error);
      if (message.aux?.ID) id = message.aux.ID;
      const begun = parseStep(message.stream ?? '');
      if (begun) step = begun;
      const said = stripVTControlCharacters(message.stream ?? message.status ?? '').trim();
      if (!said || /^(--->|Removed intermediate container)/.test(said)) continue;
      output.push(...said.split('\n'));
      tell(begun ? begun.command : (output.at(-1) ?? ''));
    }
    if (id === undefined) throw new Error('the engine ended the build without naming an image');
  } catch (error) {
    signal.throwIfAborted();
    throw buildFailure(image.name, step, output, error);
  }
  const [repo = '', tag = ''] = splitReference(reference);
  await docker.getImage(id).tag({ repo, tag, abortSignal: signal });
  await sweepStages(docker, image.name, signal);
  return id;
}

function buildArgs({ image, files, from, host }: BuildInput): Record<string, string> {
  const dockerfile = files.find(({ path }) => path === 'Dockerfile')?.content.toString('utf8') ?? '';
  const declared = declaredArgs(dockerfile);
  const go = Object.entries(host.go).filter(([name]) => declared.has(name));
  return { ...host.proxies, ...Object.fromEntries(go), ...image.args, ...from };
}

/** Removes the untagged stages and remains of builds of `name`. The layers of a finished image are its own and stay. */
export async function sweepStages(docker: Dockerode, name: string, signal: AbortSignal): Promise<number> {
  let swept = 0;
  // A removed stage can lay open another that it was the last to stand on.
  for (let round = 0; round < 5; round += 1) {
    const filters = JSON.stringify({ dangling: ['true'], label: [`${label.build}=${name}`] });
    const stages = await docker.listImages({ filters, abortSignal: signal });
    const removed = await Promise.all(stages.map((stage) => removeUnused(docker, stage.Id, signal)));
    const count = removed.filter(Boolean).length;
    swept += count;
    if (count === 0) break;
  }
  return swept;
}

/** Removes an image unless a container or another image needs it; says whether it did. */
export async function removeUnused(docker: Dockerode, reference: string, signal: AbortSignal): Promise<boolean> {
  try {
    await docker.getImage(reference).remove({ abortSignal: signal });
    return true;
  } catch (error) {
    const status = (error as { statusCode?: number }).statusCode;
    if (status === 409) return false;
    if (status === 404) return true;
    throw error;
  }
}

export function splitReference(reference: string): [repo: string, tag: string] {
  const at = reference.lastIndexOf(':');
  return [reference.slice(0, at), reference.slice(at + 1)];
}
