import { setTimeout as sleep } from 'node:timers/promises';

const second = 1_000_000_000;

// The page cannot be had while /run/hung is there. The start command removes it: for this web server a restart is a cure.
const serve =
  'test "${MODE:-well}" = well || exit 3; rm -f /run/hung; echo well > /www/index.html; exec httpd -f -p 8080 -h /www';
const probe = "test ! -e /run/hung && printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 1 127.0.0.1 8080 | grep -q well";

/** Starts a small web server in a container without a network, with a health check every second; resolves when it is well. */
export async function startWeb(engine, { image, name, label, signal }) {
  const [key, value] = label.split('=');
  const create = (env) =>
    engine.call('POST', `/containers/create?name=${name}`, {
      Env: env,
      Image: image,
      Cmd: ['sh', '-c', serve],
      StopTimeout: 1,
      Labels: { [key]: value },
      Healthcheck: { Test: ['CMD-SHELL', probe], Interval: second, Timeout: 2 * second, Retries: 2 },
      HostConfig: { NetworkMode: 'none' },
    });
  const { Id: id } = await create(['MODE=well']);
  // By its name: it may be made anew.
  const at = `/containers/${name}`;
  const container = {
    name,
    called: 'the container',
    key: `/container/${name}`,
    isAbout: (labels) => labels.name === name,
    /** In the engine's words: `{status: 'running', health: 'healthy', exitCode: 0}`. */
    async state() {
      const { State } = await engine.call('GET', `${at}/json`);
      return { status: State.Status, health: State.Health?.Status, exitCode: State.ExitCode };
    },
    words: async () => {
      const { status, health } = await container.state();
      return `is ${status}${status === 'running' ? `, ${health}` : ''}`;
    },
    kill: () => engine.call('POST', `${at}/kill`),
    /** As a deployment does: the container is removed, and made anew with another setting. */
    async deploy(mode) {
      await engine.call('DELETE', `${at}?force=true`);
      await create([`MODE=${mode}`]);
      await engine.call('POST', `${at}/start`);
    },
    setting: async () => (await engine.call('GET', `${at}/json`)).Config.Env.find((one) => one.startsWith('MODE=')),
    /** It goes on running and no longer gives its page. */
    async hang() {
      const { Id } = await engine.call('POST', `${at}/exec`, { Cmd: ['touch', '/run/hung'] });
      await engine.call('POST', `/exec/${Id}/start`, { Detach: true });
    },
    /** The engine itself: the event `cure` is one that only a real recovery makes. */
    async witness() {
      const events = await engine.events(id);
      return {
        async verdict(cure) {
          const { status, health } = await container.state();
          if (status !== 'running' || health !== 'healthy') {
            return { wrong: 'Paramedic says it has recovered, and the engine says the container is not well' };
          }
          if (cure.setting !== undefined) {
            const is = await container.setting();
            if (is !== cure.setting) return { wrong: `the engine says that its setting is ${is}` };
            return { agrees: `the engine agrees: running, healthy, with ${is}` };
          }
          if (!events.actions.includes(cure)) {
            return { wrong: `the engine has seen no "${cure}" of this container: who cured it?` };
          }
          return { agrees: `the engine agrees: running, healthy, event "${cure}" seen` };
        },
        close: () => events.close(),
      };
    },
  };
  await engine.call('POST', `${at}/start`);
  for (let tries = 0; (await container.state()).health !== 'healthy'; tries++) {
    if (tries === 150) throw new Error(`container ${name} has not become healthy within 15 s`);
    await sleep(100, undefined, { signal });
  }
  return container;
}
