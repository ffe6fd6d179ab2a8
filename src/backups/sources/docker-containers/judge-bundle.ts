import { isNetwork, madeIn } from '../../../docker/endpoints.ts';
import { volumesOf } from '../../../docker/mounts.ts';
import { no, type Verdict, yes } from '../../../domain/verdict.ts';
import type { Bundle, BundledContainer, BundledImage } from './bundle.ts';

/**
 * Whether all that the containers need to be made again is there. `saved`: the hashes of the images whose bytes are; undefined:
 * that is not asked.
 */
export function judgeBundle(bundle: Bundle, saved: ReadonlySet<string> | undefined): Verdict {
  if (bundle.containers.length === 0) return no('there is no container in it');
  for (const container of bundle.containers) {
    const why = missingOf(container, bundle);
    if (why !== undefined) return no(`container ${container.name} could not be made again: ${why}`);
  }
  const lost = saved === undefined ? undefined : bundle.images.find((image) => image.isSaved && !isIn(image, saved));
  if (lost !== undefined) return no(`image ${lost.reference} (${lost.id}) is not whole in it`);
  return yes(`${bundle.containers.length} containers can be made again`);
}

const isIn = ({ id }: BundledImage, saved: ReadonlySet<string>): boolean => saved.has(id.replace(/^sha256:/, ''));

function missingOf({ definition, dependsOn }: BundledContainer, all: Bundle): string | undefined {
  const { networks, hostConfig, image } = definition;
  const has = (list: readonly { readonly name: string }[], name: string): boolean =>
    list.some((one) => one.name === name);
  const needed = [
    ...Object.keys(networks).filter((name) => name !== 'bridge'),
    ...[madeIn(hostConfig)].filter(isNetwork),
  ];
  const network = needed.find((name) => !has(all.networks, name));
  if (network !== undefined) return `its network ${network} is not there`;
  const volume = [...volumesOf(hostConfig).values()].find((name) => !has(all.volumes, name));
  if (volume !== undefined) return `its volume ${volume} is not there`;
  const other = dependsOn.find((name) => !has(all.containers, name));
  if (other !== undefined) return `it depends on container ${other}, which is not there`;
  return all.images.some(({ id }) => id === image.id) ? undefined : `its image ${image.reference} is not there`;
}
