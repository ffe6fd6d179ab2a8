/** A health check makes several of these each time it runs, and none of them changes anything of a container. */
const idle = /^(exec_|top|attach|detach|resize|copy|archive-path|extract-to-dir|export|commit)/;

/** Whether what Docker's events call `action` can have changed the container it happened to. */
export const canChangeContainer = (action: string): boolean => !idle.test(action);
