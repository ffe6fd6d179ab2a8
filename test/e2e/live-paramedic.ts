import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { TestContainer } from '../harness/containers.ts';
import type { Paramedic } from '../harness/paramedic.ts';
import { webhookPayload } from '../harness/webhook-payload.ts';

/** Where its configuration is. */
export const configFile = ({ dataDir }: Paramedic): string => join(dataDir, 'paramedic.yml');

/** Another text in its configuration file, under the address and the data directory that it has. */
export async function rewrite(paramedic: Paramedic, text: string): Promise<void> {
  const own = (await readFile(configFile(paramedic), 'utf8')).split('\n').slice(0, 2);
  // As an editor does it: half a file is never there to be read.
  const draft = `${configFile(paramedic)}.draft`;
  await writeFile(draft, [...own, text].join('\n'));
  await rename(draft, configFile(paramedic));
}

export async function metrics({ url }: Paramedic): Promise<readonly string[]> {
  return (await (await fetch(`${url}/metrics`)).text()).split('\n');
}

/** The value of the one series with these labels among others; undefined when there is none. */
export async function metric(
  paramedic: Paramedic,
  name: string,
  labels: Record<string, string> = {},
): Promise<unknown> {
  const parts = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const found = (await metrics(paramedic)).filter(
    (line) =>
      (line.startsWith(`${name} `) || line.startsWith(`${name}{`)) && parts.every((part) => line.includes(part)),
  );
  expect(found.length).toBeLessThan(2);
  return found[0] === undefined ? undefined : Number(found[0].split(' ').at(-1));
}

/** One firing alert about a container, to the webhook. */
export async function post({ url, token }: Paramedic, alertname: string, { name }: TestContainer): Promise<void> {
  const response = await fetch(`${url}/webhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: webhookPayload([{ labels: { alertname, name } }]),
  });
  expect([response.status, await response.text()]).toEqual([202, '{"accepted":true}']);
}
