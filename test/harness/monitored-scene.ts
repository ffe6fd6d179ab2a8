import { fileURLToPath } from 'node:url';
import { type Alertmanager, startAlertmanager } from './alertmanager.ts';
import { freePort } from './process.ts';
import { type Prometheus, startPrometheus } from './prometheus.ts';
import { type Scene, type SceneOptions, startScene } from './scene.ts';

/** A scene with everything before Paramedic too: Prometheus with the shipped rules, and Alertmanager. */
export interface MonitoredScene extends Scene {
  readonly prometheus: Prometheus;
  readonly alertmanager: Alertmanager;
  /** Another Alertmanager in the place of one that was stopped; it knows nothing. */
  alertmanagerAgain(): Promise<Alertmanager>;
}

export interface MonitoredOptions extends Omit<SceneOptions, 'alertmanagers'> {
  /** Alertmanager's port, and that of a proxy by which Paramedic asks it. */
  readonly proxied?: { readonly port: number; readonly by: number };
}

const rules = ['down', 'unhealthy', 'paused'].map((name) =>
  fileURLToPath(new URL(`../../alert-rules/docker-container-${name}/rules.yml`, import.meta.url)),
);

/** Alertmanager routes every alert to Paramedic, so Paramedic's own as well. */
export async function startMonitoredScene({ proxied, ...options }: MonitoredOptions): Promise<MonitoredScene> {
  const port = proxied?.port ?? (await freePort());
  const scene = await startScene({ ...options, alertmanagers: [`http://127.0.0.1:${proxied?.by ?? port}`] });
  try {
    const { url, tokenFile } = scene.paramedic;
    const groupBy = ['alertname', 'name'];
    const alertmanagerAgain = async () =>
      scene.own(await startAlertmanager({ webhookUrl: `${url}/webhook`, tokenFile, groupBy, port }));
    const alertmanager = await alertmanagerAgain();
    const prometheus = scene.own(
      await startPrometheus({
        rulesFiles: rules,
        scrape: [{ job: 'paramedic', target: new URL(url).host }],
        alertmanagers: [alertmanager.url],
        forDuration: '1s',
      }),
    );
    return { ...scene, prometheus, alertmanager, alertmanagerAgain };
  } catch (error) {
    await scene.close();
    throw error;
  }
}
