import { toDisk } from '../../to-disk.ts';

/**
 * The exchange of what is in a claim, by `sh` in a pod that has it. It is unpacked to `new` in a folder of ours (`$2`) in the
 * claim (`$1`). What is there goes to `old`, which is called `was` once all of it is there; then what is new takes its place.
 * So whatever breaks it off, the names that are there tell how far it came: back before `was`, on after it.
 */
const begin = `
set -e
cd "$1"
`;
/** `lost+found` is the file system's own. What is told is renamed within one file system. */
const each = (what: string): string => `
for one in * .[!.]* ..?*; do
  if [ "$one" = "$2" ] || [ "$one" = lost+found ]; then continue; fi
  if [ -e "$one" ] || [ -L "$one" ]; then ${what}; fi
done`;
const forward = `
cd "$2/new"
${each('mv -- "$one" ../../')}
cd ../..
rm -rf "$2"
`;

export const exchange = `${begin}
${toDisk}
echo $$ >"$2/pid"
if [ -e "$2/stop" ]; then exit 3; fi
mkdir "$2/old"
${each('mv -- "$one" "$2/old/"')}
mv "$2/old" "$2/was"
${forward}`;

const untilEnded = `
true >"$2/stop"
if [ -e "$2/pid" ]; then
  pid=$(cat "$2/pid")
  while kill -0 "$pid" 2>/dev/null; do sleep 1; done
fi
`;

/** Waits for one that goes on; one that has not begun does not begin any more. 0: it is done; the folder goes last. */
export const waited = `
cd "$1"
if [ ! -d "$2" ]; then exit 0; fi
${untilEnded}
if [ -d "$2" ]; then exit 1; fi
`;

/** The same of whatever goes on in that claim: the pod is to go. */
export const afterExchange = `
cd "$1"
for aside in .paramedic-????????????; do
  if [ -d "$aside" ]; then set -- "$1" "$aside"; ${untilEnded} fi
done
`;

/**
 * Brings to an end what was broken off, where nothing goes on; told as lines of `undone`, `finished` or `unpacked`, and its
 * folder. Ends with 4 where something of the same name is there by now, which it tells, and touches nothing of that then.
 */
export const settle = `
set -e
cd "$1"
for aside in .paramedic-????????????; do
  [ -d "$aside" ] || continue
  set -- "$1" "$aside"
  from= said=unpacked
  if [ -d "$2/was" ]; then from=new said=finished; elif [ -d "$2/old" ]; then from=old said=undone; fi
  if [ -n "$from" ] && [ -d "$2/$from" ]; then
    cd "$2/$from"
    ${each('if [ -e "../../$one" ] || [ -L "../../$one" ]; then echo "$one" >&2; exit 4; fi')}
    ${each('mv -- "$one" ../../')}
    cd ../..
  fi
  rm -rf "$2"
  echo "$said $2"
done
`;
