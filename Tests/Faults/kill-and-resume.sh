#!/usr/bin/env bash
# Kills trainings with SIGKILL at random moments and resumes them, until that has happened often enough. After each kill
# the checkpoint must open, and a training that was killed must end with the files of one that was left alone.
#
# Usage: kill-and-resume.sh [ROUNDS]. The programs are those in $LATENT_PROGRAMS, or else those of the release build.
# LATENT_FAULT_SEED decides the moments as far as the machine allows.
set -euo pipefail

rounds=${1:-50}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
programs=${LATENT_PROGRAMS:-$(cd "$root" && swift build -c release --show-bin-path)}
[ -x "$programs/train-vae" ] || { echo "no programs in $programs: swift build -c release" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
RANDOM=${LATENT_FAULT_SEED:-$$}
kills=0
finished=0
opened=0

fail() {
  echo "FAILED: $1" >&2
  exit 1
}

# compare NAME: the killed run's files are the undisturbed run's.
compare() {
  local file
  for file in model.safetensors samples.png curves.png; do
    cmp "$work/$1-whole/$file" "$work/$1/$file" || fail "$1: $file differs after $kills kills"
  done
  for folder in "$work/$1-whole" "$work/$1"; do sed 's/"seconds":[^,]*,//' "$folder/metrics.jsonl" > "$folder/lines"; done
  cmp "$work/$1-whole/lines" "$work/$1/lines" || fail "$1: metrics.jsonl differs after $kills kills"
  ! compgen -G "$work/$1/.latent-tmp-*" > "$work/left" || fail "$1: temporary files are left"
  finished=$((finished + 1))
  rm -rf "${work:?}/$1"
}

# torment NAME KILLS COMMAND…: kills the command so many times, resuming it each time, and compares what it comes to.
torment() {
  local name=$1 target=$((kills + $2)) code resume
  shift 2
  "$@" --out "$work/$name-whole" --quiet
  while [ "$kills" -lt "$target" ]; do
    resume=()
    if [ -e "$work/$name/model.safetensors" ]; then resume=(--resume); fi
    "$@" --out "$work/$name" "${resume[@]}" --quiet &
    sleep "$((RANDOM % 2)).$(printf %03d $((RANDOM % 1000)))"
    kill -9 $! 2> "$work/left" || true
    code=0
    wait $! 2> "$work/left" || code=$?
    case $code in
      0) compare "$name" ;;
      137)
        kills=$((kills + 1))
        [ -e "$work/$name/model.safetensors" ] || continue
        "$programs/generate" --model "$work/$name/model.safetensors" --count 1 --out "$work/one.npy"
        opened=$((opened + 1))
        ;;
      *) fail "$name: exit code $code after $kills kills" ;;
    esac
  done
  resume=()
  if [ -e "$work/$name/model.safetensors" ]; then resume=(--resume); fi
  "$@" --out "$work/$name" "${resume[@]}" --quiet
  compare "$name"
}

every=(--checkpoint-every 3 --sample-every 25 --threads 1)
torment train-vae $(((rounds + 1) / 2)) "$programs/train-vae" --limit 2000 --batch-size 50 --hidden-size 64 --epochs 8 "${every[@]}"
torment train-dcgan $((rounds / 2)) "$programs/train-dcgan" --limit 256 --batch-size 8 --latent-size 8 --epochs 2 "${every[@]}"
echo "$kills kills, $opened checkpoints opened, $finished resumed trainings finished: all files identical"
