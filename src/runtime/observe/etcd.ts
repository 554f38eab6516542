import { Blind } from './blind.ts';
import type { Look } from './eyes.ts';

export const etcdGet: Look<'etcd.get'> = async () => {
  throw new Blind('etcd.get is not built yet');
};
export const etcdStatus: Look<'etcd.status'> = async () => {
  throw new Blind('etcd.status is not built yet');
};
