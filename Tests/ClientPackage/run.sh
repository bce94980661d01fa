#!/usr/bin/env bash
# Builds and runs a package that depends on the committed state of this repository as a versioned Git dependency, and
# has modules Models and Training and programs Benchmarks and generate of its own.
#
# Usage: Tests/ClientPackage/run.sh, from any folder. Uncommitted changes are not seen.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Git refuses repositories of another user, as a container often sees them.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
git clone --quiet --bare "$repository" "$work/latent.git"
git -C "$work/latent.git" tag --no-sign --force 1.0.0 HEAD > "$work/tag.log"
cp -R "$here/Package.swift" "$here/Sources" "$work/"
mkdir "$work/client"
mv "$work/Package.swift" "$work/Sources" "$work/client/"

export LATENT_URL="file://$work/latent.git"
# No cache shared with other packages: it would keep a copy of the temporary repository for ever.
build=(swift build --package-path "$work/client" --cache-path "$work/cache")
if ! "${build[@]}" > "$work/build.log" 2>&1; then
  cat "$work/build.log"
  echo "the client package does not build" >&2
  exit 1
fi
if grep -E 'warning:|error:' "$work/build.log"; then
  echo "building the client package gives warnings" >&2
  exit 1
fi

programs=$("${build[@]}" --show-bin-path)
"$programs/app"
for name in generate Benchmarks; do
  found=$("$programs/$name")
  echo "$name: $found"
  if [ "$found" != "the client's own $name" ]; then
    echo "$name is not the client's own" >&2
    exit 1
  fi
done
# A dependency on a folder, as `.package(path:)` and edited packages are: programs are none of its products either.
manifest=$(cd "$work/client" && swift package --package-path "$repository" dump-package)
if grep -q '"name" : "generate"' <<< "$manifest"; then
  echo "programs would replace those of a client that has this package in a folder" >&2
  exit 1
fi
# Models of the client's own: each trains, is killed and goes on to the same bytes, and is opened.
for model in unpaired volumes text-to-image; do
  "$programs/tenants" "$model" train "$work/$model-whole" 60
  "$programs/tenants" "$model" train "$work/$model" 60 &
  process=$!
  until [ -e "$work/$model/model.safetensors" ]; do sleep 0.02; done
  kill -KILL "$process"
  wait "$process" 2> "$work/killed.log" || true
  "$programs/tenants" "$model" train "$work/$model" 60
  cmp "$work/$model-whole/model.safetensors" "$work/$model/model.safetensors"
  "$programs/tenants" "$model" open "$work/$model"
done

for name in train-vae LatentGenerate LatentBenchmarks; do
  if [ -e "$programs/$name" ]; then
    echo "a program of Latent was built for the client: $name" >&2
    exit 1
  fi
done
