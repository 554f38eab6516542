import { docker } from '../a-lab.ts';

/** The containers of an instance, whatever their state. */
export const containersOf = (instance: string) =>
  docker.listContainers({ all: true, filters: JSON.stringify({ label: [`slipway.instance=${instance}`] }) });
