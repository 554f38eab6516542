import type { LabSession } from '#store/port.ts';

export const resumePhase = { id: 'resume', title: 'Let the lab go on' };

/** Where the phase of a resume is kept: beside the phases of the start, which stay as they are. */
export const resumeEpoch = ({ epoch }: Pick<LabSession, 'epoch'>) => -epoch;
