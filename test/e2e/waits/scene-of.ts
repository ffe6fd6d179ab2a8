import { onTestFinished } from 'vitest';
import { type MonitoredOptions, type MonitoredScene, startMonitoredScene } from '../../harness/monitored-scene.ts';

/** A scene that ends with the test that asks for it. */
export async function sceneOf(options: MonitoredOptions): Promise<MonitoredScene> {
  const scene = await startMonitoredScene(options);
  onTestFinished(() => scene.close());
  return scene;
}
