/** `1 replica`, `3 replicas` */
export const many = (count: number): string => `${count} ${count === 1 ? 'replica' : 'replicas'}`;
