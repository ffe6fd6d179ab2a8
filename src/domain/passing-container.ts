import { isDrillContainer } from './drill-things.ts';
import { isSetAside } from './set-aside.ts';
import { isVolumeReader } from './volume-reader.ts';

/** Whether a container of that name is there for a moment of our own: what becomes of it is nobody's trouble. */
export const isPassing = (name: string): boolean => isSetAside(name) || isVolumeReader(name) || isDrillContainer(name);
