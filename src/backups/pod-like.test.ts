import { expect, it } from 'vitest';
import type { Pod } from '../domain/kubernetes.ts';
import { roomFor } from './drill-room.ts';
import { podLike } from './pod-like.ts';

const pod: Pod = {
  metadata: {
    name: 'db-0',
    namespace: 'shop',
    uid: 'u',
    resourceVersion: '1',
    labels: { app: 'db' },
    annotations: { 'sidecar.istio.io/inject': 'true' },
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 's', controller: true }],
  },
  spec: {
    nodeName: 'node-1',
    hostNetwork: true,
    hostPID: true,
    serviceAccountName: 'admin',
    priorityClassName: 'high',
    nodeSelector: { disk: 'ssd' },
    tolerations: [{ key: 'db', operator: 'Exists' }],
    imagePullSecrets: [{ name: 'registry' }],
    affinity: { nodeAffinity: { some: 'where' }, podAntiAffinity: { others: 'away' } },
    securityContext: {
      runAsUser: 999,
      fsGroup: 999,
      seLinuxOptions: { level: 's0:c1' },
      sysctls: [{ name: 'net.x', value: '1' }],
    },
    initContainers: [{ name: 'init', image: 'init' }],
    containers: [
      { name: 'proxy', image: 'envoy' },
      {
        name: 'db',
        image: 'postgres:15',
        command: ['docker-entrypoint.sh'],
        args: ['postgres'],
        workingDir: '/srv',
        ports: [{ containerPort: 5432, hostPort: 5432 }],
        livenessProbe: { exec: { command: ['true'] } },
        lifecycle: { preStop: {} },
        env: [
          { name: 'A', value: '1' },
          { name: 'REDISCLI_AUTH', value: 'x' },
        ],
        envFrom: [{ secretRef: { name: 'env' } }],
        resources: { limits: { memory: '1Gi' }, requests: { cpu: '1' }, claims: [{ name: 'gpu' }] },
        volumeMounts: [
          { name: 'data', mountPath: '/data', subPath: 'pg' },
          { name: 'data', mountPath: '/wal', subPath: 'wal' },
          { name: 'conf', mountPath: '/conf', readOnly: true },
          { name: 'host', mountPath: '/host', mountPropagation: 'Bidirectional' },
          { name: 'mixed', mountPath: '/mixed' },
          { name: 'token', mountPath: '/token' },
          { name: 'kube-api-access', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
        ],
        securityContext: {
          privileged: true,
          runAsNonRoot: true,
          capabilities: { add: ['SYS_ADMIN'], drop: ['ALL'] },
        },
      },
    ],
    volumes: [
      { name: 'data', persistentVolumeClaim: { claimName: 'data-db-0' } },
      { name: 'conf', configMap: { name: 'conf' } },
      { name: 'host', hostPath: { path: '/' } },
      { name: 'mixed', projected: { sources: [{ serviceAccountToken: { path: 't' } }, { secret: { name: 's' } }] } },
      { name: 'token', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
      { name: 'kube-api-access', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
      { name: 'other', secret: { secretName: 'other' } },
    ],
  },
  status: {
    containerStatuses: [{ name: 'db', ready: true, restartCount: 0, imageID: 'docker-pullable://r.io/pg@sha256:ab' }],
  },
};

it('a pod of a drill is one container of another pod, and reaches nothing of it', () => {
  expect(podLike(pod, 'db', { labels: { ours: '1' }, deadlineS: 90, room: roomFor(1024) })).toEqual({
    metadata: { labels: { ours: '1' } },
    spec: {
      nodeSelector: { disk: 'ssd' },
      tolerations: [{ key: 'db', operator: 'Exists' }],
      imagePullSecrets: [{ name: 'registry' }],
      affinity: { nodeAffinity: { some: 'where' } },
      securityContext: { runAsUser: 999, seLinuxOptions: { level: 's0:c1' }, fsGroup: 999 },
      restartPolicy: 'Never',
      activeDeadlineSeconds: 90,
      terminationGracePeriodSeconds: 1,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      dnsPolicy: 'None',
      dnsConfig: { nameservers: ['127.0.0.1'] },
      containers: [
        {
          name: 'db',
          image: 'r.io/pg@sha256:ab',
          imagePullPolicy: 'IfNotPresent',
          command: ['docker-entrypoint.sh'],
          args: ['postgres'],
          workingDir: '/srv',
          env: [
            { name: 'A', value: '1' },
            { name: 'REDISCLI_AUTH', value: 'x' },
          ],
          envFrom: [{ secretRef: { name: 'env' } }],
          resources: {
            limits: { memory: '1Gi', 'ephemeral-storage': '2147487744' },
            requests: { cpu: '1', 'ephemeral-storage': '1024' },
          },
          volumeMounts: [
            { name: 'data', mountPath: '/data', subPath: 'pg' },
            { name: 'data', mountPath: '/wal', subPath: 'wal' },
            { name: 'conf', mountPath: '/conf', readOnly: true },
            { name: 'host', mountPath: '/host' },
            { name: 'mixed', mountPath: '/mixed' },
            { name: 'token', mountPath: '/token' },
          ],
          securityContext: { runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
      volumes: [
        { name: 'data', emptyDir: { sizeLimit: '2147487744' } },
        { name: 'conf', configMap: { name: 'conf' } },
        { name: 'host', emptyDir: { sizeLimit: '2147487744' } },
        { name: 'mixed', projected: { sources: [{ secret: { name: 's' } }] } },
        { name: 'token', emptyDir: { sizeLimit: '2147487744' } },
      ],
    },
  });
});

it('it may run something else, with a folder of its own and without a variable', () => {
  const plain: Pod = {
    metadata: pod.metadata,
    spec: {
      containers: [
        {
          name: 'db',
          image: 'redis:7',
          env: [
            { name: 'A', value: '1' },
            { name: 'B', value: '2' },
          ],
        },
      ],
    },
    status: { containerStatuses: [{ name: 'db', ready: true, restartCount: 0, imageID: 'sha256:ab' }] },
  };
  const but = { labels: {}, deadlineS: 1, argv: ['sh', '-c', 'x'], folder: '/ours', withoutEnv: ['B'] };
  expect(podLike(plain, 'db', but)).toMatchObject({
    spec: {
      containers: [
        {
          image: 'redis:7',
          command: ['sh', '-c', 'x'],
          args: [],
          env: [{ name: 'A', value: '1' }],
          volumeMounts: [{ name: 'paramedic', mountPath: '/ours' }],
        },
      ],
      volumes: [{ name: 'paramedic', emptyDir: { sizeLimit: '2147483648' } }],
    },
  });
});
