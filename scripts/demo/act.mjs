import { setTimeout as sleep } from 'node:timers/promises';
import { followLog } from './paramedic-log.mjs';

const deadlineMs = 60_000;
const json = async (url) => (await fetch(url)).json();

async function isFiring(stack, alertname, name) {
  const { data } = await json(`${stack.url('prometheus')}/api/v1/alerts`);
  return data.alerts.some(
    ({ state, labels }) => state === 'firing' && labels.alertname === alertname && labels.name === name,
  );
}

/** True when the engine itself, asked now, says that the container runs and its health check passes. */
async function isWell(container) {
  const { status, health } = await container.state();
  return status === 'running' && health === 'healthy';
}

/**
 * Breaks one container and follows it until it is well again. Answers undefined, or a sentence that says why the act
 * failed. `trouble` breaks it and answers what is broken now; `cure` is the engine's event that only a real recovery
 * makes.
 */
export async function play({ engine, stack, display, container, alertname, trouble, cure, signal }) {
  const log = followLog(stack.paramedicLog);
  const events = await engine.events(container.id);
  const startedAt = Date.now();
  const elapsed = () => Date.now() - startedAt;
  const about = ({ target, time }) => Date.parse(time) >= startedAt && target?.endsWith(`/container/${container.name}`);
  const told = (name) => log.events().find((event) => event.event === name && about(event));

  /** Waits for a stage: `probe` answers undefined until it is reached, then `{text, at}`. */
  async function stage(name, waitingFor, probe) {
    for (;;) {
      // Its end is the last word: nothing more will come.
      const ended = told('ended');
      if (ended !== undefined && ended.result !== 'recovered') {
        throw new Error(`Paramedic ended with the outcome ${ended.result}: ${ended.reason}`);
      }
      const reached = await probe();
      if (reached !== undefined) {
        display.stage((reached.at ?? Date.now()) - startedAt, name, reached.text);
        return;
      }
      if (elapsed() > deadlineMs)
        throw new Error(`after ${deadlineMs / 1000} s we are still waiting for ${waitingFor}`);
      display.waiting(elapsed(), `waiting for ${waitingFor}`);
      await sleep(100, undefined, { signal });
    }
  }
  const fromLog = (event, text) => () => {
    const found = told(event);
    return found && { at: Date.parse(found.time), text: text(found) };
  };

  try {
    const broken = await trouble(container);
    await stage('broken', 'the container to be broken', async () => broken(await container.state()) || undefined);
    await stage('alert', `Prometheus to see it (${alertname})`, async () =>
      (await isFiring(stack, alertname, container.name))
        ? { text: `Prometheus: ${alertname} is firing` }
        : told('decided') && { text: `Alertmanager has it: ${alertname}` },
    );
    await stage(
      'webhook',
      'Alertmanager to call Paramedic',
      fromLog('decided', ({ playbook }) => `Alertmanager has called; playbook "${playbook}" answers`),
    );
    await stage(
      'plan',
      'Paramedic to make a plan',
      fromLog('planned', ({ plan }) => plan),
    );
    await stage(
      'done',
      'the plan to be carried out',
      fromLog('applied', ({ action }) => `${action} was carried out`),
    );
    await stage(
      'verified',
      'Paramedic to see that it helped',
      fromLog('ended', ({ result }) => `${result}: ${told('verified')?.reason ?? 'it is well'}`),
    );
    // Paramedic's word is not enough: the engine is asked.
    if (!(await isWell(container)))
      return 'Paramedic says it has recovered, and the engine says the container is not well';
    if (!events.actions.includes(cure)) return `the engine has seen no "${cure}" of this container: who cured it?`;
    display.say(
      `  ${' '.repeat(7)}  ${display.paint('dim', `the engine agrees: running, healthy, event "${cure}" seen`)}`,
    );
    return undefined;
  } catch (error) {
    const { status, health } = await container.state().catch(() => ({ status: 'unknown' }));
    return `${error.message} (the container is ${status}${status === 'running' ? `, ${health}` : ''})`;
  } finally {
    display.wipe();
    events.close();
    log.close();
  }
}
