import { setTimeout as sleep } from 'node:timers/promises';
import { followLog } from './paramedic-log.mjs';

const deadlineMs = 60_000;
const json = async (url) => (await fetch(url)).json();

async function isFiring(stack, alertname, victim) {
  const { data } = await json(`${stack.url('prometheus')}/api/v1/alerts`);
  return data.alerts.some(
    ({ state, labels }) => state === 'firing' && labels.alertname === alertname && victim.isAbout(labels),
  );
}

/**
 * Breaks one container or Deployment and follows it until it is well again. Answers undefined, or a sentence that says
 * why the act failed. `trouble` breaks it and answers what is broken now; `cure` is what the victim's witness has to have
 * seen, and only a real recovery leaves.
 */
export async function play({ stack, display, victim, alertname, trouble, cure, signal }) {
  const log = followLog(stack.paramedicLog);
  const witness = await victim.witness();
  const startedAt = Date.now();
  const elapsed = () => Date.now() - startedAt;
  const about = ({ target, time }) => Date.parse(time) >= startedAt && target?.endsWith(victim.key);
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
    const broken = await trouble(victim);
    await stage('broken', `${victim.called} to be broken`, async () => broken(await victim.state()) || undefined);
    await stage('alert', `Prometheus to see it (${alertname})`, async () =>
      (await isFiring(stack, alertname, victim))
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
    // Paramedic's word is not enough: whoever runs it is asked.
    const { wrong, agrees } = await witness.verdict(cure);
    if (wrong !== undefined) return wrong;
    display.say(`  ${' '.repeat(7)}  ${display.paint('dim', agrees)}`);
    return undefined;
  } catch (error) {
    const words = await victim.words().catch(() => 'does not tell how it is');
    return `${error.message} (${victim.called} ${words})`;
  } finally {
    display.wipe();
    witness.close();
    log.close();
  }
}
