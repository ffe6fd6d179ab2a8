import type Dockerode from 'dockerode';

/** One request as the engine's API has it. */
export interface Dialled {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** `/containers/<id>/stop`: every part of it encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: Readonly<Record<string, unknown>>;
  /** Statuses that are success, beside 200, 201 and 204. */
  readonly also?: readonly number[];
}

/** Its answer, parsed. Rejects with what dockerode has for an error, `statusCode` and all. */
export const dial = (docker: Dockerode, asked: Dialled, abortSignal: AbortSignal): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const { method, path, query = {}, body = {}, also = [] } = asked;
    const options = {
      // dockerode's mark that there is a query.
      path: Object.keys(query).length === 0 ? path : `${path}?`,
      method,
      abortSignal,
      statusCodes: Object.fromEntries([200, 201, 204, ...also].map((status) => [status, true])),
      options: { _query: query, _body: body },
    };
    docker.modem.dial(options, (error, answer) => (error === null ? resolve(answer) : reject(error)));
  });
