import type { Described, Endpoint } from '../domain/docker-objects.ts';
import type { Definition } from './definition.ts';
import { endpointConfig, madeIn } from './endpoints.ts';
import { recreatedFromLabel } from '../domain/recreated-from.ts';
import { ourImageLabel } from './labels.ts';

export interface Made {
  /** What the image is asked for by: its reference while that is still the image, else its id. */
  readonly image: string;
  /** See `recreatedFromLabel`; the empty string: there was none before it. */
  readonly recreatedFrom: string;
}

/**
 * The body of `POST /containers/create`. In one network at most: older engines take no more. `endpointsOf` are the others,
 * and have to be connected before it is started.
 */
export function creation({ env, labels, config, hostConfig, networks, image }: Definition, made: Made): Described {
  const mode = madeIn(hostConfig);
  const primary = networks[mode];
  return {
    // Without a word on it, the image's own entry point would take the place of none.
    Entrypoint: [],
    ...config,
    Image: made.image,
    Env: Object.entries(env).map(([name, value]) => (value === null ? name : `${name}=${value}`)),
    Labels: {
      ...labels,
      ...(made.image !== image.reference && { [ourImageLabel]: image.reference }),
      ...(made.recreatedFrom !== '' && { [recreatedFromLabel]: made.recreatedFrom }),
    },
    HostConfig: { ...hostConfig, NetworkMode: mode },
    ...(primary !== undefined &&
      mode !== 'bridge' && { NetworkingConfig: { EndpointsConfig: { [mode]: endpointConfig(primary) } } }),
  };
}

/** What has to be done for a container that is in the networks `now` to be in those of its definition. */
export function networkSteps(
  now: Definition['networks'],
  wanted: Definition['networks'],
): { readonly leave: readonly string[]; readonly enter: readonly (readonly [name: string, endpoint: Endpoint])[] } {
  const differs = (name: string): boolean => JSON.stringify(sorted(now[name])) !== JSON.stringify(sorted(wanted[name]));
  return {
    leave: Object.keys(now).filter(differs),
    enter: Object.entries(wanted)
      .filter(([name]) => differs(name))
      .map(([name, endpoint]) => [name, endpointConfig(endpoint)]),
  };
}

const sorted = (endpoint: Readonly<Record<string, unknown>> | undefined): unknown =>
  endpoint && Object.entries(endpoint).toSorted(([one], [other]) => (one < other ? -1 : 1));
