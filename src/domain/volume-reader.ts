import { randomBytes } from 'node:crypto';

/** On a container of ours that is never started: the volume it is for, what needs it, and when it was made, ms since the epoch. */
export const readerLabel = 'paramedic.dev/volume-reader';
export const readerForLabel = 'paramedic.dev/volume-reader-for';
export const readerMadeLabel = 'paramedic.dev/volume-reader-made';

const reader = /^paramedic-volume-[0-9a-f]{12}$/;

/** What the next one is called. */
export const readerName = (): string => `paramedic-volume-${randomBytes(6).toString('hex')}`;

/** Whether a container of that name is there only so that a volume can be read: nothing runs in it, and it is no trouble. */
export const isVolumeReader = (name: string): boolean => reader.test(name);
