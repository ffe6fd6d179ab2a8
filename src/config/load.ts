import { readFileSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { messageOf, UserError } from '../domain/errors.ts';
import type { Config } from './config.ts';
import { parseConfig } from './parse-config.ts';

/** Where Alertmanager and Prometheus are looked for when there is no file. */
export const localUrls = { alertmanager: 'http://127.0.0.1:9093', prometheus: 'http://127.0.0.1:9090' };
const probeTimeoutMs = 500;

/**
 * The configuration of a file, or, without one, what is found on this machine: Docker, the shipped playbooks, and
 * Alertmanager and Prometheus when they answer; mode observe. Throws UserError with every mistake.
 */
export async function loadConfig(options: {
  readonly file?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly local?: typeof localUrls;
}): Promise<Config> {
  const { file, env, local = localUrls } = options;
  const read = new Set<string>();
  const readFile = (path: string): string => {
    const text = readFileSync(path, 'utf8');
    read.add(resolve(path));
    return text;
  };
  const source = { env, readFile };
  if (file !== undefined) {
    const written = parseConfig(readText(file), { ...source, file });
    // Those are read by who uses them.
    const kubeconfigs = written.kubernetes.flatMap(({ kubeconfig }) => kubeconfig?.split(delimiter) ?? []);
    const files = [file, ...read, ...kubeconfigs].map((path) => resolve(path));
    return Object.freeze({ ...written, files: Object.freeze([...new Set(files)]) });
  }

  const config = parseConfig('', { ...source, file: 'no file' });
  const [alertmanager, prometheus] = await Promise.all([
    answers(`${local.alertmanager}/api/v2/status`, 'versionInfo'),
    answers(`${local.prometheus}/api/v1/status/buildinfo`, 'data'),
  ]);
  return Object.freeze({
    ...config,
    ...(alertmanager && { alertmanager: { urls: [local.alertmanager], receiver: 'paramedic' } }),
    ...(prometheus && { prometheus: { url: local.prometheus } }),
  });
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new UserError(
      missing
        ? `${file}: there is no such file; give the path of the configuration, or none at all to observe with what is found here`
        : `${file}: cannot be read: ${messageOf(error)}`,
    );
  }
}

/** Something else may listen there: the answer has to be JSON with that key. */
async function answers(url: string, key: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(probeTimeoutMs), redirect: 'error' });
    const body: unknown = response.ok ? await response.json() : undefined;
    return typeof body === 'object' && body !== null && key in body;
  } catch {
    return false;
  }
}
