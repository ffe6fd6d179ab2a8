import { ActionError, messageOf, type Reason } from '../domain/errors.ts';
import { actText, groupAndPlural, scopeText, type KubeAct } from './kubernetes-paths.ts';

/** What a request was for: the cluster's name and address, and the act. */
export interface KubeAsked {
  readonly cluster: string;
  readonly address: string;
  readonly act: KubeAct;
}

export interface KubeAnswer {
  readonly status: number;
  readonly body: string;
  /** Seconds, as `Retry-After` has it. */
  readonly retryAfterS?: number;
}

/** The API's own word on what went wrong. */
export interface KubeStatus {
  readonly message: string;
  readonly reason: string;
  /** Of the object it is about; empty when it names none. */
  readonly name: string;
  readonly causes: readonly { readonly reason: string; readonly message: string; readonly field: string }[];
}

/** Undefined when the body is no Status of the Kubernetes API: then somebody else has answered. */
export function kubeStatus(body: string): KubeStatus | undefined {
  const status = parsed(body);
  if (!isMap(status) || status['kind'] !== 'Status') return undefined;
  const details = isMap(status['details']) ? status['details'] : {};
  const causes: readonly unknown[] = Array.isArray(details['causes']) ? details['causes'] : [];
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return {
    message: text(status['message']),
    reason: text(status['reason']),
    name: text(details['name']),
    causes: causes.filter(isMap).map((cause) => ({
      reason: text(cause['reason']),
      message: text(cause['message']),
      field: text(cause['field']),
    })),
  };
}

/** The cause of an ActionError, when the API said how long to wait. */
class RetryAfter extends Error {
  override readonly name = 'RetryAfter';
  readonly ms: number;
  constructor(seconds: number) {
    super(`it is to be asked again after ${seconds} s`);
    this.ms = seconds * 1000;
  }
}

/** How long the API wants to be left alone after this failure; 0 when it did not say. */
export const retryAfterMs = ({ cause }: ActionError): number => (cause instanceof RetryAfter ? cause.ms : 0);

/** An answer that is no success, as an ActionError. */
export function answerError(asked: KubeAsked, { status, body, retryAfterS }: KubeAnswer): ActionError {
  const said = kubeStatus(body);
  // The API says in JSON, and by name, what it does not have. A page of some other server is no proof that an object is
  // gone, nor is what the API says of whole resources while it starts.
  if (status < 400 || (status === 404 && (said?.name ?? '') === ''))
    return garbledError(asked, excerptOf(said?.message ?? body));
  const { cluster, act } = asked;
  // The verb is its own: older versions have another one for a command in a pod.
  const verb = status === 403 && / cannot (\w+) resource /.exec(said?.message ?? '')?.[1];
  if (verb) return missingRight(cluster, act, verb);
  const why = shownOf(act, excerptOf(said?.message ?? body));
  if (status === 401) {
    const hint = 'check the user of its kubeconfig, or the service account';
    const what = `kubernetes ${cluster} does not accept our credentials (${actText(act)}): HTTP 401: ${why}; ${hint}`;
    return new ActionError(what, 'forbidden', false);
  }
  const [reason, retryable] = isStale(act, status, said) ? (['conflict', false] as const) : meaningOf(status);
  const what = `kubernetes ${cluster} did not ${actText(act)}: HTTP ${status}: ${why}`;
  return new ActionError(what, reason, retryable, retryAfterS && new RetryAfter(retryAfterS));
}

/**
 * The API answers 422 to a JSON patch whose `test` fails, as to one that removes what is not there, and tells them apart
 * by nothing; either way the object is not what the patch was made for. Another uid than the object's is 422 as well.
 */
function isStale({ verb }: KubeAct, status: number, said: KubeStatus | undefined): boolean {
  if (verb !== 'patch' || status !== 422 || said === undefined) return false;
  return said.causes.length === 0
    ? said.message.startsWith('the server rejected our request')
    : said.causes.every(({ field }) => field === 'metadata.uid');
}

function meaningOf(status: number): readonly [Reason, boolean] {
  if (status === 403) return ['forbidden', false];
  if (status === 404) return ['not-found', false];
  if (status === 409) return ['conflict', false];
  // What a list goes on from is forgotten after some minutes.
  if (status === 410) return ['conflict', true];
  if (status === 408 || status === 504) return ['timeout', true];
  if (status === 429) return ['rate-limited', true];
  if (status >= 500) return ['server-error', true];
  return ['bad-request', false];
}

/** RBAC said no: the sentence has the rule that would let us. */
function missingRight(cluster: string, { resource, subresource, namespace }: KubeAct, verb: string): ActionError {
  const [group, plural] = groupAndPlural(resource);
  const ending = subresource === undefined ? '' : `/${subresource}`;
  const rule = `{apiGroups: ["${group}"], resources: ["${plural}${ending}"], verbs: ["${verb}"]}`;
  const may = `kubernetes ${cluster} may not ${verb} ${resource.split('/')[0]}${ending}${scopeText(resource, namespace)}`;
  return new ActionError(`${may}: its role lacks ${rule}`, 'forbidden', false);
}

/** An answer about Secrets may hold what they hold, also in the words of a webhook that refuses one. */
const shownOf = ({ resource }: KubeAct, text: string): string =>
  resource === 'secrets' ? 'what it said is not shown, because it is about Secrets' : text;

/** Something answered, but not what the API answers. */
export const garbledError = ({ cluster, address, act }: KubeAsked, got: string, cause?: unknown): ActionError =>
  new ActionError(
    `kubernetes ${cluster} at ${address} answered something else than the Kubernetes API does (${actText(act)}): ${shownOf(act, got)}; is it one?`,
    'server-error',
    true,
    cause,
  );

export const kubeTimeout = ({ cluster, address, act }: KubeAsked, timeoutMs: number): ActionError =>
  new ActionError(
    `kubernetes ${cluster} at ${address} did not answer within ${timeoutMs / 1000} s (${actText(act)})`,
    'timeout',
    true,
  );

/** A watch that was ended before its time. */
export const kubeEnded = ({ cluster, address, act }: KubeAsked): ActionError =>
  new ActionError(
    `kubernetes ${cluster} at ${address} ended its answer before its time (${actText(act)})`,
    'unreachable',
    true,
  );

/** A watch that wanted to hear of more than the API remembers. */
export const kubeExpired = ({ cluster, act }: KubeAsked): ActionError =>
  new ActionError(
    `kubernetes ${cluster} has forgotten what happened since we heard of it last (${actText(act)})`,
    'conflict',
    true,
  );

/** Whoever asked has taken the question back: the API may do it all the same. */
export const kubeAborted = ({ cluster, act }: KubeAsked, cause: unknown): ActionError =>
  new ActionError(`the request to kubernetes ${cluster} was aborted (${actText(act)})`, 'aborted', true, cause);

/** Anything that ends a request before it is answered, as an ActionError. */
export function kubeError({ cluster, address, act }: KubeAsked, error: unknown): ActionError {
  if (error instanceof ActionError) return error;
  const what = `kubernetes ${cluster} at ${address} can not be reached (${actText(act)}): ${whyOf(error)}`;
  return new ActionError(what, 'unreachable', true, error);
}

/** The message of an AggregateError, of all addresses tried, is empty. */
const whyOf = (error: unknown): string =>
  error instanceof AggregateError && error.errors.length > 0
    ? error.errors.map(messageOf).join(', ')
    : excerptOf(messageOf(error));

/** One line of it; the API can quote a whole object. */
export const excerptOf = (text: string): string => {
  const line = text.slice(0, 2000).replace(/\s+/g, ' ').trim();
  return line === '' ? 'an empty body' : line.length > 300 ? `${line.slice(0, 300)}…` : line;
};

export function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

export const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
