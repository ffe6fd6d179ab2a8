import type { ContainerState, DockerClient } from '../domain/clients.ts';

/** When somebody stopped a container by a command, ISO time; undefined: it runs, or nobody is known to have. Throws ActionError. */
export async function stoppedByHand(docker: DockerClient, state: ContainerState): Promise<string | undefined> {
  // A restart stops first, and says so: where its start then failed, the engine has kept the error.
  if (state.status !== 'exited' || state.error !== '') return undefined;
  const at = await docker.stoppedAt(state.id, state.finishedAt);
  // A stop before its last start was about an instance before it.
  return at !== undefined && at >= state.startedAt ? new Date(at).toISOString() : undefined;
}
