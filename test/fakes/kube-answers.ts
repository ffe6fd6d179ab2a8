import type { JsonMap } from './kube-patch.ts';

export interface Answer {
  readonly status: number;
  readonly body: JsonMap | string;
}

/** What a request is about: `deployments.apps` of a namespace (empty: all, or none), a name, a subresource. */
export interface Address {
  readonly resource: string;
  readonly plural: string;
  readonly group: string;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
}

/** `/apis/apps/v1/namespaces/shop/deployments/web/scale`; undefined for a path that no such API has. */
export function addressOf(path: string): Address | undefined {
  const pattern =
    /^\/(?:api\/v1|apis\/([^/]+)\/[^/]+)(?:\/namespaces\/([^/]+)(?=\/))?\/([a-z]+)(?:\/([^/]+)(?:\/([a-z]+))?)?$/;
  const match = pattern.exec(path);
  if (match === null) return undefined;
  const [group = '', namespace = '', plural = '', name = '', subresource = ''] = match.slice(1).map(decoded);
  return { resource: group === '' ? plural : `${plural}.${group}`, plural, group, namespace, name, subresource };
}

const decoded = (part: string | undefined): string | undefined => part && decodeURIComponent(part);

export const failure = (status: number, reason: string, message: string, details?: JsonMap): Answer => ({
  status,
  body: {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason !== '' && { reason }),
    ...(details && { details }),
    code: status,
  },
});

const detailsOf = ({ name, group, plural }: Address): JsonMap => ({ name, ...(group && { group }), kind: plural });

/** For want of a role. */
export function forbidden(method: string, at: Address | undefined): Answer {
  if (at === undefined) return failure(403, 'Forbidden', 'forbidden', {});
  const read = at.name === '' ? 'list' : 'get';
  const verb = { GET: read, PATCH: 'patch', DELETE: 'delete' }[method] ?? 'create';
  const what = at.subresource === '' ? at.plural : `${at.plural}/${at.subresource}`;
  const scope = at.namespace === '' ? 'at the cluster scope' : `in the namespace "${at.namespace}"`;
  const message = `${at.resource} "${at.name}" is forbidden: User "paramedic" cannot ${verb} resource "${what}" in API group "${at.group}" ${scope}`;
  return failure(403, 'Forbidden', message, detailsOf(at));
}

export const notFound = (at: Address): Answer =>
  failure(404, 'NotFound', `${at.resource} "${at.name}" not found`, detailsOf(at));

export const noSuchResource: Answer = failure(404, 'NotFound', 'the server could not find the requested resource', {});

/** What is said for a group that is not served, and by many a proxy for a path that it does not know. */
export const notFoundPage: Answer = { status: 404, body: '404 page not found\n' };

export const notAllowed: Answer = failure(
  405,
  'MethodNotAllowed',
  'the server does not allow this method on the requested resource',
  {},
);

export const alreadyExists = (at: Address, name: string): Answer =>
  failure(409, 'AlreadyExists', `${at.resource} "${name}" already exists`, detailsOf({ ...at, name }));

export const modified = (at: Address): Answer =>
  failure(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${at.resource} "${at.name}": the object has been modified; please apply your changes to the latest version and try again`,
    detailsOf(at),
  );

export const uidInScale = (at: Address, asked: string, there: string): Answer =>
  failure(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${at.plural}/scale.${at.group} "${at.name}": Precondition failed: UID in precondition: ${asked}, UID in object meta: ${there}`,
    { name: at.name, group: at.group, kind: `${at.plural}/scale` },
  );

export const uidIsImmutable = (at: Address, asked: string): Answer => {
  const message = `Invalid value: "${asked}": field is immutable`;
  return failure(422, 'Invalid', `${at.resource} "${at.name}" is invalid: metadata.uid: ${message}`, {
    ...detailsOf(at),
    causes: [{ reason: 'FieldValueInvalid', message, field: 'metadata.uid' }],
  });
};

/** All the API says of a JSON patch that does not apply, be it a test, or something to remove that is not there. */
export const patchDoesNotApply: Answer = failure(
  422,
  'Invalid',
  'the server rejected our request due to an error in our request',
  {},
);

/** Told of a delete, and of an eviction. `kind` as the API has it there: `Pod`, `Deployment.apps`. */
export const otherInstance = (kind: string, name: string, asked: string, there: string): Answer =>
  failure(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${kind} "${name}": the UID in the precondition (${asked}) does not match the UID in record (${there}). The object might have been deleted and then recreated`,
    { name, kind },
  );

export const budgetSpent = (name: string, needs: number, has: number): Answer =>
  failure(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [
      {
        reason: 'DisruptionBudget',
        message: `The disruption budget ${name} needs ${needs} healthy pods and has ${has} currently`,
      },
    ],
  });

export const twoBudgets: Answer = failure(
  500,
  '',
  'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
);
