#!/usr/bin/env bash
# Fuzzes the readers of files with libFuzzer and the address sanitizer, one after the other, each for a number of seconds:
#
#   Tests/Fuzzing/run.sh [SECONDS [TARGET…]]
#
# The modules that parse files need no other of the package. What crashes, hangs or takes too much memory is kept in a folder whose name is printed, and the exit code is 1; everything else is deleted. A finding
# becomes a case of the tests.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)
seconds=${1:-60}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- idx gzip inflate png jpeg netpbm npy npz safetensors json path

work=$(mktemp -d "${TMPDIR:-/tmp}/latent-fuzzing.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/findings" "$work/seeds"

cd "$root"
echo "compiling"
# compile MODULE ARGUMENT…: one of the package's modules, or the program.
compile() {
  local module=$1
  shift
  # The linker warns of every function of the sanitizer.
  swiftc -swift-version 6 -package-name latent -parse-as-library -O -wmo -enable-testing -sanitize=fuzzer,address \
    -module-name "$module" -I "$work" "$@" > "$work/log" 2>&1 ||
    { grep -v 'Cannot export local symbol' "$work/log"; exit 1; }
}
for module in LatentSystem LatentFormats; do
  find "Sources/$module" -name '*.swift' > "$work/files"
  compile $module -emit-module -emit-module-path "$work/$module.swiftmodule" -c -o "$work/$module.o" @"$work/files"
done
compile Fuzzing "$here"/*.swift "$work"/*.o -o "$work/fuzz"

# seeds TARGET: valid files, and their parts where the target parses a part.
seeds() {
  local fixtures=Tests/Support/Fixtures file
  mkdir -p "$work/seeds/$1"
  case $1 in
    idx) cp "$fixtures"/*.idx "$work/seeds/$1" ;;
    gzip) cp "$fixtures"/*.gz "$work/seeds/$1" ;;
    # Headers without optional fields take 10 bytes.
    inflate) for file in "$fixtures"/*.gz; do tail -c +11 "$file" > "$work/seeds/$1/$(basename "$file")"; done ;;
    png) cp "$fixtures"/*.png "$work/seeds/$1" ;;
    jpeg) cp "$fixtures"/*.jpg "$work/seeds/$1" ;;
    netpbm) cp "$fixtures"/*.p[gp]m "$work/seeds/$1" ;;
    npy) cp "$fixtures"/*.npy "$work/seeds/$1" ;;
    npz) cp "$fixtures"/*.npz "$work/seeds/$1" ;;
    safetensors) cp "$fixtures"/*.safetensors "$work/seeds/$1" ;;
    json) tail -c +9 "$fixtures"/python.safetensors > "$work/seeds/$1/header" ;;
  esac
  if [ "$1" = idx ]; then
    for file in "$fixtures"/*rank3.idx; do gzip -nc "$file" > "$work/seeds/$1/$(basename "$file").gz"; done
  fi
}

failed=0
for target in "$@"; do
  seeds "$target"
  mkdir "$work/corpus-$target"
  if FUZZ_TARGET=$target SWIFT_BACKTRACE=enable=no "$work/fuzz" "$work/corpus-$target" "$work/seeds/$target" \
    -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 -malloc_limit_mb=128 -max_len=8192 \
    -artifact_prefix="$work/findings/$target-" -print_final_stats=1 > "$work/log" 2>&1; then
    result="no findings"
  else
    result="FAILED"
    failed=1
    tail -n 40 "$work/log"
  fi
  inputs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log")
  coverage=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$work/log" | tail -n 1)
  echo "$target: $result, ${inputs:-?} inputs, ${coverage:-?} edges"
done

if [ "$failed" -ne 0 ]; then
  kept=$(mktemp -d "${TMPDIR:-/tmp}/latent-findings.XXXXXX")
  cp "$work"/findings/* "$kept" 2> "$work/log" || true
  echo "inputs of the findings: $kept"
fi
exit "$failed"
