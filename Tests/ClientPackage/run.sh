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
# A dependency on a folder, as `.package(path:)` and edited packages are: programs are none of its products either,
# wherever the build is started, and with a shell or without.
mkdir -p "$work/beside/Sources/app"
echo 'print("a client beside the package")' > "$work/beside/Sources/app/main.swift"
cat > "$work/beside/Package.swift" << END
// swift-tools-version: 6.2
import PackageDescription
let package = Package(
  name: "beside", platforms: [.macOS(.v15)], dependencies: [.package(path: "$repository")],
  targets: [
    .executableTarget(name: "app", dependencies: [.product(name: "Latent", package: "$(basename "$repository")")])
  ])
END
list=(swift package --manifest-cache none --package-path)
for folder in "$work/beside" / "$repository"; do
  for start in "env" "env -u PWD"; do
    found=$(cd "$folder" && $start "${list[@]}" "$work/beside" show-executables 2> "$work/list.log")
    if [ "$found" != app ]; then
      echo "programs would replace those of a client that has this package in a folder: $found" >&2
      exit 1
    fi
    # Of the package itself they are products.
    found=$(cd "$folder" && $start "${list[@]}" "$repository" show-executables 2> "$work/list.log")
    grep -qx generate <<< "$found" || { echo "no program generate of the package itself" >&2; exit 1; }
  done
done
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
