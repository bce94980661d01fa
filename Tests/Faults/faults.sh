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

check_signals
check_lock
check_full_disk
check_small_disk
check_permission
check_lost_folder
echo "faults: all as they should be"
