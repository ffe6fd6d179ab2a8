import { watchEvents } from '../harness/docker-events.ts';
import type { DockerRequest } from '../harness/docker-proxy.ts';
import type { TestContainer } from '../harness/containers.ts';
import type { LogLine, Paramedic } from '../harness/paramedic.ts';
import { type Scene, startScene } from '../harness/scene.ts';

/**
 * When the worker is hit. `sigstop`: it is frozen for 15 s as soon as the engine has its restart, while another worker
 * runs; at all other moments it is killed, and started again.
 */
export const moments = [
  'before-plan',
  'after-journal',
  'during-apply',
  'first-byte',
  'during-verify',
  'sigstop',
] as const;
export type KillMoment = (typeof moments)[number];

/** How one recovery went whose worker was hit. */
export interface KillRecord {
  readonly moment: KillMoment;
  /** The last thing the worker had told of its road when it was hit. */
  readonly hitAfter: string;
  readonly outcome: string;
  /** `restart` events on the engine's own stream. */
  readonly restarts: number;
  /** How often the engine was asked for a restart. */
  readonly asked: number;
  /** The container's own state at the end: `running healthy`. */
  readonly state: string;
  /** From the hit to the end of the recovery. */
  readonly seconds: number;
}

const frozenMs = 15_000;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const isRestart = ({ path }: DockerRequest) => path.endsWith('/restart');
const inspects = (handle: string) => (request: DockerRequest) => request.path === `/containers/${handle}/json`;

/** Hits the worker at the moment. Resolves when it is hit. */
async function hit({ proxy, paramedic }: Scene, web: TestContainer, moment: KillMoment): Promise<void> {
  const act = () => paramedic.signal(moment === 'sigstop' ? 'SIGSTOP' : 'SIGKILL');
  switch (moment) {
    case 'before-plan': {
      // Triage confirms the name; the next look is by id, and it is the one a plan is made of.
      const pass = { moment: 'before-forward', act: () => {}, afterwards: 'pass' } as const;
      await proxy.trap({ matches: inspects(web.name), ...pass });
      await proxy.trap({ matches: inspects(web.id), moment: 'before-forward', act, afterwards: 'drop' });
      return;
    }
    case 'after-journal':
      await proxy.trap({ matches: isRestart, moment: 'before-forward', act, afterwards: 'drop' });
      return;
    case 'during-apply':
    case 'sigstop':
      await proxy.trap({ matches: isRestart, moment: 'after-forward', act, afterwards: 'pass' });
      return;
    case 'first-byte':
      await proxy.trap({ matches: isRestart, moment: 'answer-byte:1', act, afterwards: 'pass' });
      return;
    case 'during-verify':
      await paramedic.waitForLog(({ event }) => event === 'applied');
      await proxy.trap({ matches: inspects(web.id), moment: 'before-forward', act, afterwards: 'drop' });
  }
}

const isAbout = (web: TestContainer) => (line: LogLine) => line['target'] === `docker/test/container/${web.name}`;
const isEnd = (web: TestContainer) => (line: LogLine) => line['event'] === 'ended' && isAbout(web)(line);

/** After the hit: a worker that can go on. Resolves with the line that tells the end. */
async function goOn(scene: Scene, web: TestContainer, moment: KillMoment): Promise<LogLine> {
  const { paramedic } = scene;
  if (moment !== 'sigstop') {
    await paramedic.ended();
    await paramedic.restart();
    return paramedic.waitForLog(isEnd(web), 120_000);
  }
  const other: Paramedic = await scene.another();
  const thaw = sleep(frozenMs).then(() => paramedic.signal('SIGCONT'));
  const end = await Promise.any([paramedic, other].map((worker) => worker.waitForLog(isEnd(web), 120_000)));
  await thaw;
  // What it does when it thaws counts as well: it has the time of one whole restart for it.
  await sleep(3_000);
  return end;
}

/** One container that hangs, one alert, one worker that is hit, in a scene of their own. */
export async function killWorker(moment: KillMoment): Promise<KillRecord> {
  const scene = await startScene({ verify: { within: '60s', stable: '1s' } });
  try {
    // Its program ignores TERM, so that the restart takes these 2 s.
    const web = await scene.containers.web('victim', { stopTimeoutS: 2 });
    await web.until('running', 'healthy');
    await web.hang();
    await web.until('running', 'unhealthy');
    const events = await watchEvents(web.id);
    scene.own({ stop: async () => events.close() });

    const isHit = hit(scene, web, moment);
    await scene.post([{ labels: { alertname: 'DockerContainerUnhealthy', engine: 'test', name: web.name } }]);
    await isHit;
    const hitAt = Date.now();
    const told = scene.paramedic.log().findLast((line) => line['event'] !== undefined && isAbout(web)(line));
    const end = await goOn(scene, web, moment);
    const seconds = Math.round((Date.now() - hitAt) / 100) / 10;
    await events.settled();
    const { State } = await web.inspect();
    return {
      moment,
      hitAfter: told === undefined ? 'nothing' : String(told['event']),
      outcome: String(end['result']),
      restarts: events.count('restart'),
      asked: scene.proxy.mutating().filter(isRestart).length,
      state: `${State.Status} ${State.Health?.Status ?? ''}`,
      seconds,
    };
  } finally {
    await scene.close();
  }
}
