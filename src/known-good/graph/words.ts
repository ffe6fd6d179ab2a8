/** The words of the world's index: under each one finds the objects that it matters to. */
export const words = {
  /** All of one kind in one namespace. */
  ofKind: (kind: string, namespace: string) => `kind ${kind} ${namespace}`,
  /** All that have a graph. */
  targets: 'targets',
  targetsIn: (namespace: string) => `targets ${namespace}`,
  /** Services by the first label they select; whoever has it has to be looked at. */
  selecting: (namespace: string, label: string, value: string) => `selecting ${namespace} ${label}=${value}`,
  /** Workloads by each label of their pods. */
  labelled: (namespace: string, label: string, value: string) => `labelled ${namespace} ${label}=${value}`,
  /** What speaks of a Service in that namespace, perhaps; its own counts. */
  callingInto: (namespace: string) => `calling ${namespace}`,
  /** Autoscalers by the key of what they scale. */
  scaling: (key: string) => `scaling ${key}`,
  /** Ingresses by the key of the Service they lead to. */
  leadingTo: (key: string) => `leading ${key}`,
  /** Bindings of roles by the key of the service account. */
  binding: (key: string) => `binding ${key}`,
  hooks: 'hooks',
  defaultPriority: 'default priority',
} as const;
