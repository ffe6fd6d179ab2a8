/**
 * For `sh`: what was unpacked here is on the disk before what it replaces goes. A file system keeps the order of renamings and
 * removals when the power is cut, and not that of what is in the files. Of this file system alone where `sync` can do that: a
 * dead mount elsewhere would hold it up. An image without `sync` goes without.
 */
export const toDisk = 'if command -v sync >/dev/null; then sync -f . 2>/dev/null || sync; fi';
