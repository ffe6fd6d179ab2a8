import type { Config } from '../config/config.ts';
import type { Clients } from '../domain/clients.ts';
import { createAlertmanagerClient } from './alertmanager.ts';
import { createSilencer } from './alertmanager-silences.ts';
import { createDockerClient } from './docker.ts';
import { createKubernetesClient } from './kubernetes.ts';
import { ownRedis } from './own-redis.ts';
import { createPrometheusClient } from './prometheus.ts';

/**
 * The outside world as configured. `onPeer` is told after each read of an Alertmanager whether it answered. `redis` is
 * the one in use, where a reload may name another already.
 */
export async function createClients(
  config: Config,
  onPeer: (url: string, answered: boolean) => void = () => undefined,
  redis: Config['redis'] = config.redis,
): Promise<Clients> {
  const engines = await Promise.all(config.docker.map((engine) => createDockerClient(engine)));
  const clusters = await Promise.all(config.kubernetes.map((cluster) => createKubernetesClient(cluster)));
  const alertmanager = config.alertmanager && createAlertmanagerClient({ ...config.alertmanager, onPeer });
  const own = redis && ownRedis({ ...config, redis });
  return {
    docker: new Map(engines.map((engine) => [engine.name, engine])),
    kubernetes: new Map(clusters.map((cluster) => [cluster.name, cluster])),
    ...(alertmanager && { alertmanager, pager: alertmanager }),
    ...(config.alertmanager && { silencer: createSilencer(config.alertmanager) }),
    ...(config.prometheus && { prometheus: createPrometheusClient(config.prometheus) }),
    ...(own && { ownRedis: own }),
  };
}
