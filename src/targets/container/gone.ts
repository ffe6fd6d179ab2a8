import type { ContainerState } from '../../domain/clients.ts';

/** What is seen of a container that is gone, and remembered. */
export const goneContainer = (name: string): ContainerState => ({
  id: '',
  name,
  image: '',
  status: 'gone',
  exitCode: 0,
  oomKilled: false,
  startedAt: 0,
  finishedAt: 0,
  restartCount: 0,
  restartPolicy: 'no',
  stopTimeoutS: 0,
  labels: {},
  error: '',
  aliases: [],
  published: [],
});
