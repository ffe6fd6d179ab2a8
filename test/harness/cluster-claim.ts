import type { TestCluster } from './cluster.ts';

/** Makes a claim `uploads` for one node, and its volume, which is a folder of the first node; whoever made it removes that. */
export async function claimOn(
  cluster: TestCluster,
  { namespace, volume }: { readonly namespace: string; readonly volume: string },
): Promise<void> {
  const [node] = await cluster.list('nodes');
  const terms = [
    { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node?.metadata.name] }] },
  ];
  const size = { storage: '1Gi' };
  const accessModes = ['ReadWriteOnce'];
  await cluster.apply({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: volume },
    spec: {
      capacity: size,
      accessModes,
      storageClassName: '',
      hostPath: { path: `/var/lib/${volume}`, type: 'DirectoryOrCreate' },
      nodeAffinity: { required: { nodeSelectorTerms: terms } },
      claimRef: { namespace, name: 'uploads' },
    },
  });
  await cluster.apply({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { namespace, name: 'uploads' },
    spec: { accessModes, storageClassName: '', volumeName: volume, resources: { requests: size } },
  });
}
