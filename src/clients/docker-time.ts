import { IncomingMessage } from 'node:http';
import type Dockerode from 'dockerode';

/** The engine's clock, ms since the epoch, to the second below; ours when it does not tell. */
export const engineTime = (docker: Dockerode, abortSignal: AbortSignal): Promise<number> =>
  new Promise((resolve, reject) => {
    const options = { path: '/_ping', method: 'GET', abortSignal, isStream: true, statusCodes: { 200: true } };
    docker.modem.dial(options, (error, answer) => {
      if (error !== null) return reject(error);
      if (!(answer instanceof IncomingMessage)) return resolve(Date.now());
      answer.resume();
      const told = Date.parse(answer.headers.date ?? '');
      resolve(Number.isNaN(told) ? Date.now() : told);
    });
  });
