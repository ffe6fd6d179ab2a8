import { z } from 'zod';
import type { Pod } from '../domain/kubernetes.ts';
import { type DrillRoom, roomFor } from './drill-room.ts';

const fields = z.record(z.string(), z.unknown());
const list = z.array(fields).default([]);
const modelled = z.looseObject({
  spec: z.looseObject({
    containers: z.array(
      z.looseObject({
        name: z.string(),
        image: z.string().default(''),
        env: z.array(z.looseObject({ name: z.string() })).default([]),
        volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })).default([]),
        resources: fields.default({}),
        securityContext: fields.default({}),
      }),
    ),
    volumes: z.array(z.looseObject({ name: z.string() })).default([]),
    securityContext: fields.default({}),
    affinity: fields.default({}),
  }),
  status: z.looseObject({ containerStatuses: list }).default({ containerStatuses: [] }),
});

export interface PodDifferences {
  readonly labels: Readonly<Record<string, string>>;
  /** How long it may run, s: Kubernetes ends it then, also when nobody is left who would. */
  readonly deadlineS: number;
  /** Of its node's disk, whatever that one has: it has its data elsewhere. That of an empty pod when absent. */
  readonly room?: DrillRoom;
  /** Instead of what that one runs. */
  readonly argv?: readonly string[];
  /** Beside what that one has: an empty folder that goes with it. */
  readonly folder?: string;
  /** Variables that it does not get. */
  readonly withoutEnv?: readonly string[];
  /** Instead of all that is mounted there, and of its variables. */
  readonly only?: {
    /** As a pod has it: `{persistentVolumeClaim: {claimName: 'data'}}` */
    readonly volume: Readonly<Record<string, unknown>>;
    readonly path: string;
    readonly isReadOnly: boolean;
  };
  /** The name of the node that it has to be on. */
  readonly node?: string;
  /** Whoever takes it away waits until this command has ended, for as long as it may take, s. */
  readonly ending?: { readonly argv: readonly string[]; readonly atMostS: number };
}

/** Where Kubernetes puts what a pod may ask the API with. */
const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Whose content is not the pod's own: passwords and settings, as that one has them. */
const carriedVolumes = ['configMap', 'secret', 'downwardAPI', 'emptyDir'];
/** What bounds a pod, and where it can run; nothing that widens what it may do. */
const carriedOfPod = ['nodeSelector', 'tolerations', 'imagePullSecrets', 'runtimeClassName', 'schedulerName'];
const users = ['runAsUser', 'runAsGroup', 'runAsNonRoot', 'seccompProfile', 'seLinuxOptions'];

/**
 * A pod with that one container of another one, away from everything: no token, no port, no claim, no folder of its node, no
 * probe, no privilege, and labels of ours alone, which no Service selects. Where that one has data, this one has an empty
 * folder.
 */
export function podLike(pod: Pod, container: string, but: PodDifferences): Readonly<Record<string, unknown>> {
  const { labels, deadlineS, argv, folder, withoutEnv = [], room = roomFor(), only, node, ending } = but;
  const { spec, status } = modelled.parse(pod);
  const like = spec.containers.find(({ name }) => name === container);
  if (like === undefined) throw new Error(`pod ${pod.metadata.name} has no container ${container}`);
  const has = only === undefined ? itsOwn(like, spec.volumes, folder, room) : ofOnly(only);
  const { capabilities } = like.securityContext;
  return {
    metadata: { labels },
    spec: {
      ...picked(spec, carriedOfPod),
      ...affinityOf(spec.affinity, node),
      securityContext: picked(spec.securityContext, [...users, 'fsGroup', 'fsGroupChangePolicy', 'supplementalGroups']),
      restartPolicy: 'Never',
      activeDeadlineSeconds: deadlineS,
      terminationGracePeriodSeconds: ending?.atMostS ?? 1,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      // Names are known by nobody there: what the variables of that one call by its name is not found.
      dnsPolicy: 'None',
      dnsConfig: { nameservers: ['127.0.0.1'] },
      containers: [
        {
          name: container,
          image: exactImage(status.containerStatuses, container) ?? like.image,
          imagePullPolicy: 'IfNotPresent',
          ...(argv === undefined ? picked(like, ['command', 'args']) : { command: argv, args: [] }),
          ...(only === undefined && {
            ...picked(like, ['workingDir', 'envFrom']),
            env: like.env.filter(({ name }) => !withoutEnv.includes(name)),
          }),
          ...(ending !== undefined && { lifecycle: { preStop: { exec: { command: ending.argv } } } }),
          resources: withRoom(picked(like.resources, ['limits', 'requests']), room),
          volumeMounts: has.volumeMounts,
          securityContext: {
            ...picked(like.securityContext, [...users, 'readOnlyRootFilesystem']),
            allowPrivilegeEscalation: false,
            ...(capabilities !== undefined && { capabilities: picked(fields.parse(capabilities), ['drop']) }),
          },
        },
      ],
      volumes: has.volumes,
    },
  };
}

/** A pod may have on the disk, in all its folders, what its containers may. */
const withRoom = ({ limits, requests }: Record<string, unknown>, { asked, most }: DrillRoom) => ({
  limits: { ...Object(limits), 'ephemeral-storage': String(most) },
  requests: { ...Object(requests), 'ephemeral-storage': String(asked) },
});

const picked = (from: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])));

type Volume = z.output<typeof modelled>['spec']['volumes'][number];
type Container = z.output<typeof modelled>['spec']['containers'][number];

function itsOwn(like: Container, volumes: readonly Volume[], folder: string | undefined, room: DrillRoom) {
  const emptyDir = { sizeLimit: String(room.most) };
  const mounts = like.volumeMounts.filter(({ mountPath }) => mountPath !== tokenPath);
  const mounted = [...new Set(mounts.map(({ name }) => name))].map(
    (name) => carried(volumes.find((volume) => volume.name === name)) ?? { name, emptyDir },
  );
  return {
    volumeMounts: [
      ...mounts.map((mount) => picked(mount, ['name', 'mountPath', 'subPath', 'subPathExpr', 'readOnly'])),
      ...(folder === undefined ? [] : [{ name: 'paramedic', mountPath: folder }]),
    ],
    volumes: [...mounted, ...(folder === undefined ? [] : [{ name: 'paramedic', emptyDir }])],
  };
}

const ofOnly = ({ volume, path, isReadOnly }: NonNullable<PodDifferences['only']>) => ({
  volumeMounts: [{ name: 'paramedic', mountPath: path, readOnly: isReadOnly }],
  volumes: [{ name: 'paramedic', ...volume }],
});

function affinityOf(like: Readonly<Record<string, unknown>>, node: string | undefined) {
  if (node === undefined) return 'nodeAffinity' in like && { affinity: picked(like, ['nodeAffinity']) };
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: [node] }];
  const required = { nodeSelectorTerms: [{ matchFields }] };
  return { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } } };
}

/** Undefined: it is not carried over. Of several sources in one volume a token is left out. */
function carried(volume: { readonly name: string; readonly [kind: string]: unknown } | undefined) {
  if (volume === undefined) return undefined;
  const { projected } = volume;
  if (projected !== undefined) {
    const { sources, ...rest } = z.looseObject({ sources: list }).parse(projected);
    const left = sources.filter((source) => !('serviceAccountToken' in source) && !('clusterTrustBundle' in source));
    return left.length === 0 ? undefined : { name: volume.name, projected: { ...rest, sources: left } };
  }
  return carriedVolumes.some((kind) => kind in volume) ? picked(volume, ['name', ...carriedVolumes]) : undefined;
}

/** By its digest, where it is from a registry: a tag may be another image by now. */
function exactImage(statuses: readonly Readonly<Record<string, unknown>>[], container: string): string | undefined {
  const { imageID } = statuses.find(({ name }) => name === container) ?? {};
  const image = typeof imageID === 'string' ? imageID.replace(/^[a-z-]+:\/\//, '') : '';
  return image.includes('/') && image.includes('@') ? image : undefined;
}
