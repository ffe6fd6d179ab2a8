import { actions } from './actions/index.ts';
import { askedOfRoad } from './asked-of-road.ts';
import { createBackingUp } from './backing-up.ts';
import { sources } from './backups/sources/index.ts';
import { createClients } from './clients/clients.ts';
import type { Config } from './config/config.ts';
import { unnamedZones } from './config/unnamed-zones.ts';
import type { Clients } from './domain/clients.ts';
import { messageOf } from './domain/errors.ts';
import { realClock } from './domain/real-clock.ts';
import { no, type Verdict, yes } from './domain/verdict.ts';
import { recover, triage } from './flow.ts';
import { guardrails } from './guardrails/index.ts';
import { ensureCredentials, ownFiles } from './http/credentials.ts';
import { createMemory } from './known-good/keep/memory.ts';
import { parseAccepted } from './http/parse-delivery.ts';
import { createApp, listen } from './http/server.ts';
import { briefly } from './queue/briefly.ts';
import { isSilence } from './queue/connection.ts';
import { createInbox, createInboxWorker } from './queue/inbox.ts';
import { jobCounts } from './queue/job-counts.ts';
import { createRecoveries, createRecoveriesWorker } from './queue/recoveries.ts';
import { startUpkeep } from './queue/upkeep-queue.ts';
import { openRedis } from './open-redis.ts';
import type { Road } from './road/road.ts';
import { createInboxList } from './store/inbox-list.ts';
import { maxKnownGoodBytes } from './store/keys.ts';
import { createOwnState } from './store/own-state.ts';
import { createRedisBackups } from './store/redis-backups.ts';
import { createRedisKnownGood } from './store/redis-known-good.ts';
import { createRedisStore } from './store/redis-store.ts';
import { targets } from './targets/index.ts';
import { createReport } from './telemetry/flow-report.ts';
import { type Log, throttled } from './telemetry/log.ts';
import { createMetrics, version } from './telemetry/metrics.ts';
import { tellFailed } from './telemetry/tell-failed.ts';
import { tellUpkept } from './telemetry/tell-upkept.ts';
import { createTeardown } from './teardown.ts';
import { recallOf, sameMemory } from './recall.ts';
import { byHand } from './road/backup-by-hand.ts';
import { mayBringBack } from './road/may-bring-back.ts';
import { upkeep } from './upkeep.ts';
import { startWatches } from './watching.ts';

/** Our jobs' keys in Redis begin with it. */
const queuePrefix = 'paramedic:queue';

export interface App {
  readonly port: number;
  /** Paths of credentials that this start made. */
  readonly made: readonly string[];
  reload(): Promise<Verdict>;
  stop(): Promise<void>;
}

/** Starts everything in order. When one part does not start, those before it are stopped. Throws UserError. */
export async function startApp(first: Config, load: () => Promise<Config>, log: Log): Promise<App> {
  const teardown = createTeardown();
  const stop = (): Promise<void> => teardown.run((sentence) => log.warn(sentence));
  try {
    return await start();
  } catch (error) {
    await stop();
    throw error;
  }

  async function start(): Promise<App> {
    const logError = throttled(log);
    const metrics = createMetrics();
    let config = first;
    let credentials = await ensureCredentials(config);
    const initialise = (): void => {
      const zones = unnamedZones(config);
      if (zones !== undefined) log.warn(zones);
      metrics.initialise({
        playbooks: config.playbooks,
        actions: actions.map((action) => action.key),
        guardrails: guardrails.map((guardrail) => guardrail.kind),
        alertmanagers: config.alertmanager?.urls ?? [],
      });
    };
    initialise();

    const { producer, connection, failsFast, spoken, isUp } = await openRedis(config, {
      teardown,
      log,
      logError,
      stop,
    });
    const onPeer = (url: string, answered: boolean): void =>
      metrics.alertmanagerReachable.set({ url }, answered ? 1 : 0);
    const knownGoodStore = createRedisKnownGood(connection);
    const watched = createRedisKnownGood(failsFast);
    const own = createOwnState(failsFast, { version: version(), files: () => ownFiles(config) });
    const memory = createMemory(knownGoodStore, realClock);
    const clientsOf = async (of: Config): Promise<Clients> => {
      const knownGood = recallOf(of, memory);
      return { ...(await createClients(of, onPeer, first.redis)), ...(knownGood && { knownGood }), own };
    };
    let clients = await clientsOf(config);
    // Those that a reload replaced may still be in use; their idle connections are closed by the API server.
    teardown.push('the connections to Kubernetes', async () => {
      for (const cluster of clients.kubernetes.values()) await cluster.close();
    });
    const { containers, remembering } = startWatches({
      clients: () => clients,
      config: () => config,
      registry: metrics.registry,
      store: watched,
      memory,
      warn: (sentence) => log.warn(sentence),
      onError: logError,
    });
    teardown.push('the watch over containers', () => containers.stop());
    teardown.push('the memory of what is healthy', () => remembering.stop());

    const recoveries = createRecoveries(connection, queuePrefix);
    teardown.push('the queue of recoveries', () => recoveries.close());
    const letters = createInboxList(producer, connection);
    const inbox = createInbox(letters, producer, connection, queuePrefix, (error) =>
      logError(error, 'the inbox could not be told of a delivery; upkeep tells it'),
    );
    teardown.push('the inbox', () => inbox.close());

    const stopping = new AbortController();
    const backingUp = createBackingUp({
      config: () => config,
      clients: () => clients,
      store: createRedisBackups(connection),
      spoken: createRedisBackups(spoken),
      clock: realClock,
      kinds: sources,
      mayBringBack: (run) => mayBringBack(run, road),
      onMended: (sentence) => log.warn(sentence),
      queue: { connection, prefix: queuePrefix, stopping: stopping.signal },
    });
    teardown.push('the queue of backups', () => backingUp.bells.close());

    const road: Road = {
      config: () => config,
      clients: () => backingUp.beside(clients),
      store: createRedisStore(connection),
      bell: recoveries,
      report: createReport(log, metrics),
      clock: realClock,
      targets,
      actions,
      guardrails,
    };

    // What people say is in Redis when they are answered, or never.
    const said: Road = {
      ...road,
      store: createRedisStore(spoken),
      bell: { ...recoveries, ring: briefly((...ring: Parameters<typeof recoveries.ring>) => recoveries.ring(...ring)) },
    };

    const inboxWorker = createInboxWorker(inbox, letters, connection, queuePrefix, {
      parse: parseAccepted,
      async triage(delivery, counted) {
        if (delivery.receiver !== '') await road.store.addReceiver(delivery.receiver);
        return triage(delivery, road, counted);
      },
      buried: (error) =>
        log.error({ err: error }, 'A DELIVERY COULD NOT BE TRIAGED: it is in Redis at paramedic:inbox:dead'),
    });
    const recoveriesWorker = createRecoveriesWorker(
      connection,
      queuePrefix,
      (ring, signal) => recover(ring, road, signal),
      stopping.signal,
    );
    for (const worker of backingUp.workers)
      worker.on('failed', (job, error) => tellFailed(job, error, { log, logError }));
    inboxWorker.on('failed', (_job, error) => logError(error, 'a delivery could not be triaged and is tried again'));
    const upkeepQueue = startUpkeep(connection, queuePrefix, async () => {
      // Neither keeps the other from being done, nor is it called done when it was not.
      const backedUp = backingUp.upkeep();
      backedUp.catch(() => undefined);
      await inbox.tend();
      await knownGoodStore.trim(Date.now());
      const upkept = await upkeep(road);
      await backedUp;
      tellUpkept(metrics, upkept, {
        part: 'known-good',
        bytes: await knownGoodStore.bytes(),
        maxBytes: maxKnownGoodBytes,
      });
      for (const error of upkept.errors) logError(error, 'an Alertmanager does not answer');
    });
    const schedule = (): void =>
      void upkeepQueue.schedule().catch((error: unknown) => logError(error, 'upkeep could not be scheduled'));
    connection.on('ready', schedule);
    schedule();
    const workers = [inboxWorker, recoveriesWorker, ...backingUp.workers, upkeepQueue.worker];
    upkeepQueue.worker.on('failed', (_job, error) => logError(error, 'upkeep could not be done, and is tried again'));
    for (const worker of workers) {
      worker.on('error', (error) => logError(error, `the ${worker.name} worker has trouble`));
    }
    teardown.push('the workers', async () => {
      // Closed first: what is handed back must not be taken up again by this process.
      const closed = workers.map((worker) => worker.close());
      stopping.abort(new Error('Paramedic is stopping'));
      await Promise.all(closed);
      await upkeepQueue.queue.close();
    });

    const queues = [inbox.queue, recoveries.queue, ...backingUp.bells.queues, upkeepQueue.queue];
    // Without a listener BullMQ prints them as they are, with Redis' password when it is refused.
    for (const queue of queues) queue.on('error', (error) => logError(error, `the queue ${queue.name} has trouble`));
    metrics.collectQueues(() => jobCounts(queues));
    metrics.backups.collect(() => backingUp.standings());

    let reloading: Promise<unknown> = Promise.resolve();
    /** One after the other: two at once would both begin the watch over the engines. */
    function reload(): Promise<Verdict> {
      const next = reloading.then(readAgain);
      reloading = next;
      return next;
    }
    async function readAgain(): Promise<Verdict> {
      try {
        const next = await load();
        const nextClients = await clientsOf(next);
        credentials = await ensureCredentials(next);
        const restartFor = (['listen', 'externalUrl', 'dataDir', 'redis'] as const).filter(
          (key) => !same(config[key], next[key]),
        );
        const otherEngines = !same(config.docker, next.docker);
        const otherClusters = !same(config.kubernetes, next.kubernetes) || !sameMemory(config, next);
        config = next;
        clients = nextClients;
        initialise();
        if (otherEngines) await containers.again();
        if (otherEngines || otherClusters) await remembering.again();
        metrics.configTaken();
        const later = restartFor.length > 0 ? ` (${restartFor.join(', ')}: only after a restart)` : '';
        log.info({ mode: config.mode, playbooks: config.playbooks.length }, `the configuration was read again${later}`);
        return yes(`The configuration was read again${later}.`);
      } catch (error) {
        metrics.configReloadSuccessful.set(0);
        log.error(`the configuration stays as it was: ${messageOf(error)}`);
        return no(messageOf(error));
      }
    }
    metrics.configTaken();

    const http = await listen(
      createApp({
        async accept({ alerts, receivedAt }, body) {
          // Only the figures wait with us for Redis: what is held across an await is dear at this rate.
          const resolved = alerts.reduce((sum, { status }) => sum + (status === 'resolved' ? 1 : 0), 0);
          const firing = alerts.length - resolved;
          await inbox.accept(body, receivedAt);
          metrics.alertsReceived.inc({ status: 'firing' }, firing);
          metrics.alertsReceived.inc({ status: 'resolved' }, resolved);
        },
        redis: { answers: () => spoken.ping().then(always, never), isSilence },
        ready: () => (isUp() ? yes('ready') : no('Redis does not answer')),
        async metrics() {
          metrics.redisUp.set(isUp() ? 1 : 0);
          return { contentType: metrics.registry.contentType, body: await metrics.registry.metrics() };
        },
        reload,
        ...askedOfRoad(said),
        ...(config.knownGood && {
          knownGood: { memory, blameMs: () => config.knownGood?.blameMs ?? 0, now: () => realClock.now() },
        }),
        backups: { ...backingUp, ...byHand(said, backingUp) },
        webhookAuth: () => credentials.webhook,
        uiAuth: () => credentials.ui,
        ...(config.externalUrl !== undefined && { externalUrl: config.externalUrl }),
        queues,
        log: (message) => log.error(message),
        warn: (message) => log.warn(message),
        authFailed: (part) => metrics.authFailures.inc({ part }),
        answered(status, tookMs) {
          metrics.webhookRequests.inc({ code: status });
          metrics.webhookDuration.observe(tookMs / 1000);
        },
      }),
      config.listen,
    );
    teardown.push('http', () => http.close());
    return { port: http.port, made: credentials.made, reload, stop };
  }
}

const always = (): boolean => true;
const never = (): boolean => false;
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
