#!/usr/bin/env bash
# What a training does when it is asked to stop, when another one uses its folder, and when its files cannot be written.
#
# Usage: faults.sh. The programs are those in $LATENT_PROGRAMS, or else those of the release build. What the machine
# does not allow is skipped with a line that begins with SKIPPED.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
programs=${LATENT_PROGRAMS:-$(cd "$root" && swift build -c release --show-bin-path)}
[ -x "$programs/train-vae" ] || { echo "no programs in $programs: swift build -c release" >&2; exit 1; }
work=$(mktemp -d)
mounted=
cleanup() {
  [ -z "$mounted" ] || umount "$mounted"
  chmod -R u+w "$work"
  rm -rf "$work"
}
trap cleanup EXIT
cd "$work"
small=("$programs/train-vae" --limit 256 --batch-size 32 --hidden-size 32)
endless=("${small[@]}" --steps 1000000000 --checkpoint-every 3 --quiet)
out=out

fail() {
  echo "FAILED: $1" >&2
  cat "$work"/*.log >&2
  exit 1
}

# says FILE TEXT: the file has one line that begins with the program's name and contains the text.
says() {
  [ "$(grep -c "^train-vae: .*$2" "$1")" = 1 ] || fail "$1 does not say '$2' in one line"
}

# within SECONDS COMMAND…: waits until the command succeeds.
within() {
  local end=$((SECONDS + $1))
  shift
  until "$@" 2> /dev/null; do
    [ $SECONDS -lt $end ] || fail "not in time: $*"
    sleep 0.05
  done
}

# ends PROCESS CODE: waits for the process, which ends with this exit code.
ends() {
  local code=0
  wait "$1" || code=$?
  [ $code = "$2" ] || fail "exit code $code instead of $2"
}

exits() {
  local expected=$1 code=0
  shift
  "$@" > output.log 2> errors.log || code=$?
  [ $code = "$expected" ] || fail "exit code $code instead of $expected: $*"
}

check_signals() {
  local signal code process
  for signal in INT:130 TERM:143 HUP:129; do
    code=${signal#*:} signal=${signal%:*}
    rm -rf "$out"
    "${endless[@]}" --out "$out" 2> errors.log &
    process=$!
    within 60 test -e "$out/model.safetensors"
    kill "-$signal" $process
    ends $process "$code"
    says errors.log "stopped by SIG$signal after step [0-9]* of 1000000000; --resume goes on from there"
    steps=$(sed 's/.*after step \([0-9]*\).*/\1/' errors.log)
    [ "$(wc -l < "$out/metrics.jsonl")" = "$steps" ] || fail "not the metrics of $steps steps"
    exits 0 "${small[@]}" --steps $((steps + 5)) --out "$out" --resume
    grep -q "going on after step $steps$" output.log || fail "not resumed after step $steps"
    exits 0 "${small[@]}" --steps $((steps + 5)) --out whole --quiet
    cmp whole/model.safetensors "$out/model.safetensors" || fail "stopped and resumed: another model"
    cmp whole/curves.png "$out/curves.png" || fail "stopped and resumed: other curves"
  done
  # Many at once: the second ends the process, wherever it is; the checkpoint stays whole.
  "${endless[@]}" --out "$out" 2> errors.log &
  process=$!
  within 60 test "$out/model.safetensors" -nt errors.log
  kill -INT $process
  kill -TERM $process
  ends_by_signal $process
  exits 0 "$programs/generate" --model "$out/model.safetensors" --count 1 --out one.npy
  echo "SIGINT, SIGTERM and SIGHUP: checkpoint, exit codes 130, 143 and 129, resumed to the same bytes"
}

ends_by_signal() {
  local code=0
  wait "$1" || code=$?
  [ $code = 130 ] || [ $code = 143 ] || fail "exit code $code instead of 130 or 143"
}

check_lock() {
  local process
  rm -rf "$out"
  "${endless[@]}" --out "$out" 2> first.log &
  process=$!
  within 60 test -e "$out/model.safetensors"
  exits 1 "${small[@]}" --steps 3 --out "$out" --quiet
  says errors.log "$out: expected a folder that nobody writes to, found a training that is running in it"
  kill -9 $process
  wait $process 2> /dev/null || true
  exits 0 "${small[@]}" --steps 3 --out "$out" --quiet
  echo "two trainings in one folder: the second one is refused until the first is dead"
}

check_full_disk() {
  local limited
  rm -rf "$out"
  exits 0 "${small[@]}" --steps 4 --out "$out" --quiet
  cp "$out/model.safetensors" before.safetensors
  limited=(bash -c 'ulimit -f 200; exec "$@"' limited "${small[@]}")
  exits 1 "${limited[@]}" --steps 9 --checkpoint-every 2 --out "$out" --resume --quiet
  says errors.log "step 6: $out/model.safetensors: .*File too large.; the training goes on"
  says errors.log "the last files could not be written: .*; the last checkpoint is that of step 4"
  cmp before.safetensors "$out/model.safetensors" || fail "a failed checkpoint changed the old one"
  ! compgen -G "$out/.latent-tmp-*" || fail "a failed checkpoint left its temporary file"
  exits 0 "${small[@]}" --steps 9 --out "$out" --resume --quiet
  exits 0 "${small[@]}" --steps 9 --out whole --quiet
  cmp whole/model.safetensors "$out/model.safetensors" || fail "resumed after a failed checkpoint: another model"
  echo "files that cannot grow: the training goes on, the old checkpoint stays, exit code 1"
}

# A disk of 3 MB: too small for a big model from the start, and filled by somebody else on the way for a small one.
check_small_disk() {
  local process
  mkdir disk
  if [ "$(id -u)" != 0 ] || ! mount -t tmpfs -o size=3m tmpfs disk 2> /dev/null; then
    echo "SKIPPED a full disk: it takes the right to mount one"
    return
  fi
  mounted=$work/disk
  exits 1 "$programs/train-vae" --limit 256 --steps 1 --out disk/out --quiet
  says errors.log "disk/out: expected a disk with room for two checkpoints, [0-9]* bytes, found [0-9]* bytes left"
  "${endless[@]}" --out disk/out 2> errors.log &
  process=$!
  within 60 test -e disk/out/model.safetensors
  ! dd if=/dev/zero of=disk/filler bs=64k 2> dd.log || fail "the disk cannot be filled"
  within 60 grep -q "No space left on device.; the training goes on" errors.log
  exits 0 "$programs/generate" --model disk/out/model.safetensors --count 1 --out one.npy
  rm disk/filler
  touch marker
  within 60 test disk/out/model.safetensors -nt marker
  kill -TERM $process
  ends $process 143
  echo "a full disk: the training goes on and catches up when there is room"
  umount "$mounted"
  mounted=
}

# Permission is taken away in the course of a training; root has to become somebody else to be without it.
check_permission() {
  local as=() process
  if [ "$(id -u)" = 0 ]; then
    if ! command -v setpriv > /dev/null || ! setpriv --reuid=65534 --clear-groups test -x "$programs/train-vae"; then
      echo "SKIPPED lost permission: root cannot become somebody else"
      return
    fi
    as=(setpriv --reuid=65534 --clear-groups)
    chmod 711 "$work"
  fi
  mkdir -p shared/out && chmod 777 shared shared/out
  "${as[@]}" "${endless[@]}" --out shared/out 2> errors.log &
  process=$!
  within 60 test -e shared/out/model.safetensors
  chmod 555 shared/out
  within 60 grep -q "Permission denied.; the training goes on" errors.log
  cp shared/out/model.safetensors before.safetensors
  kill -TERM $process
  ends $process 1
  says errors.log "the last files could not be written: .*Permission denied"
  cmp before.safetensors shared/out/model.safetensors || fail "a failed checkpoint changed the old one"
  exits 1 "${as[@]}" "${small[@]}" --steps 3 --out shared/out --quiet
  says errors.log "shared/out: expected a folder that can be written to, found .Permission denied."
  echo "lost permission: the training goes on, the old checkpoint stays, exit code 1"
}

check_lost_folder() {
  local process
  rm -rf "$out" moved
  "${endless[@]}" --out "$out" 2> errors.log &
  process=$!
  within 60 test -e "$out/model.safetensors"
  mv "$out" moved
  within 60 grep -q "No such file or directory.; the training goes on" errors.log
  mv moved "$out"
  touch marker
  within 60 test "$out/model.safetensors" -nt marker
  kill -INT $process
  ends $process 130
  echo "a folder that goes and comes back: the training goes on"
}

# Images that stay on the disk: memory does not grow with them, and one that vanishes ends the training with a checkpoint.
check_streaming() {
  local process most count=800000
  { printf '\0\0\x08\x03\0\x0c\x35\0\0\0\0\x1c\0\0\0\x1c'; } > large.idx
  truncate -s $((16 + count * 784)) large.idx
  "$programs/train-vae" --data large.idx --memory 16 --batch-size 32 --hidden-size 32 --steps 1000000000 \
    --checkpoint-every 50 --quiet --threads 1 --out "large-out" 2> errors.log &
  process=$!
  within 120 test -e "large-out/model.safetensors"
  most=0
  [ ! -r "/proc/$process/status" ] || most=$(awk '/VmHWM/ { print $2 }' "/proc/$process/status")
  kill -TERM $process
  ends $process 143
  [ "$most" -lt 300000 ] || fail "$most KB of memory for images that are streamed"
  mkdir pictures
  for name in $(seq 100 199); do
    { printf 'P5 64 64 255\n'; head -c 4096 /dev/urandom; } > "pictures/$name.pgm"
  done
  "$programs/train-vae" --data pictures --memory 1 --batch-size 20 --hidden-size 32 --steps 1000000000 \
    --checkpoint-every 5 --threads 1 --out "pictures-out" > output.log 2> errors.log &
  process=$!
  within 60 test -e "pictures-out/model.safetensors"
  grep -q "^streamed from the disk: 1 MB of pixels, as --memory allows 1 MB" output.log || fail "nothing is said"
  rm pictures/150.pgm
  ends $process 1
  says errors.log "pictures/150.pgm: expected a readable file, found no such file; the training stops after step [0-9]*, from"
  exits 0 "$programs/generate" --model "pictures-out/model.safetensors" --count 1 --out one.npy
  echo "streamed images: $most KB of memory for $((count * 784 / 1000)) KB, a file that vanishes leaves a checkpoint"
}

# Names that are not UTF-8, of folders, files and pictures in them.
check_odd_paths() {
  local odd=$'\xf1'
  mkdir "folder-$odd"
  for name in a b c d; do { printf 'P5 8 8 255\n'; head -c 64 /dev/urandom; } > "folder-$odd/$odd$name.pgm"; done
  exits 0 "$programs/train-vae" --data "folder-$odd" --batch-size 2 --hidden-size 8 --steps 2 --out "out-$odd" --quiet
  [ -e "out-$odd/model.safetensors" ] || fail "no checkpoint in a folder whose name is not UTF-8"
  [ "$(echo out-* | wc -w)" = 1 ] || fail "a folder of another name"
  exits 0 "$programs/train-vae" --data "folder-$odd" --batch-size 2 --hidden-size 8 --steps 3 --out "out-$odd" --resume
  grep -q 'wrote out-\\xf1: ' output.log || fail "the name is not written out"
  exits 0 "$programs/train-vae" --data "folder-$odd" --batch-size 2 --hidden-size 8 --steps 1 --out "out-$odd" --quiet
  [ -e "out-$odd/before-1/model.safetensors" ] || fail "the older training is not kept"
  exits 0 "$programs/generate" --model "out-$odd/model.safetensors" --count 1 --out "$odd.npy"
  [ -e "$odd.npy" ] || fail "samples went elsewhere"
  exits 0 "$programs/train-vae" --data "folder-$odd/${odd}a.pgm" --batch-size 1 --hidden-size 8 --steps 1 --out one --quiet
  exits 1 "$programs/train-vae" --data "absent-$odd" --out two --quiet
  says errors.log 'absent-\\xf1: expected a readable file, found no such file'
  echo "names that are not UTF-8: read, written and told"
}

# A single file that is mounted, as into a container, cannot be renamed over.
check_mounted_file() {
  echo old > mounted.npy
  echo older > source.npy
  if [ "$(id -u)" != 0 ] || ! mount --bind source.npy mounted.npy 2> /dev/null; then
    echo "SKIPPED a mounted file: it takes the right to mount one"
    return
  fi
  mounted=$work/mounted.npy
  exits 0 "${small[@]}" --steps 1 --out "$out-mounted" --quiet
  exits 0 "$programs/generate" --model "$out-mounted/model.safetensors" --count 1 --out mounted.npy
  exits 0 "$programs/generate" --model "$out-mounted/model.safetensors" --count 1 --out plain.npy
  cmp source.npy plain.npy || fail "a mounted file has not the contents"
  ! compgen -G ".latent-tmp-*" || fail "a temporary file is left"
  umount "$mounted"
  mounted=
  echo "a single file that is mounted: written in place"
}

check_signals
check_lock
check_full_disk
check_small_disk
check_permission
check_lost_folder
check_streaming
check_odd_paths
check_mounted_file
echo "faults: all as they should be"
