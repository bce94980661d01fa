# What .ci/run does, step by step. To be sourced; uses its variables root, work, programs and skipped.

part_start=

# part NAME: prints a heading, and how long the part before it took.
part() {
  [ -z "$part_start" ] || echo "   ($((SECONDS - part_start)) s)"
  part_start=$SECONDS
  echo
  echo "== $1"
}

# fail TEXT: ends the run.
fail() {
  echo "FAILED: $1" >&2
  exit 1
}

skip() {
  skipped+=("$1")
  echo "SKIPPED $1"
}

have() { command -v "$1" > /dev/null 2>&1; }

# install COMMAND PACKAGE: has the Debian package if the command is missing and we may install.
install() {
  have "$1" && return
  if ! have apt-get || [ "$(id -u)" != 0 ]; then
    echo "$1 is missing and cannot be installed here"
    return
  fi
  export DEBIAN_FRONTEND=noninteractive
  [ -e "$work/updated" ] || { apt-get update > "$work/updated" 2>&1 || true; }
  apt-get install -y --no-install-recommends "$2" > "$work/install.log" 2>&1 || echo "cannot install $2: offline?"
}

# quietly COMMAND…: keeps the output in build.log, and shows it only if the command fails.
quietly() {
  "$@" > "$work/build.log" 2>&1 || { cat "$work/build.log"; fail "$*"; }
  tail -n 1 "$work/build.log"
}

# No warning in build.log from our sources.
without_warnings() {
  if grep -F 'warning:' "$work/build.log" | grep -F "$root/" | sort -u; then fail "the build gives warnings"; fi
}

# no_weak_symbols FOLDER: functions compiled for newer processors must not be weak, or the linker may take them in place
# of those of other modules, and the program dies on an older processor.
no_weak_symbols() {
  local kernels objects weak
  for kernels in KernelsAVX2 KernelsAVX512; do
    objects=$(find "$1/$kernels.build" -name '*.o')
    [ -n "$objects" ] || fail "$1/$kernels.build has no object files"
    # shellcheck disable=SC2086
    weak=$(nm $objects | awk 'NF >= 2 && $(NF - 1) ~ /^[WwVv]$/ && $NF != "__swift_reflection_version"')
    [ -z "$weak" ] || { echo "$weak"; fail "weak symbols in $kernels"; }
    echo "$kernels: $(nm $objects | grep -c ' T ') functions, none weak ($(basename "$1"))"
  done
}

# size FILE BYTES
size() {
  local found
  found=$(wc -c < "$1")
  [ "$found" -eq "$2" ] || fail "$1 has $found bytes, expected $2"
}

# starts FILE HEX: the first bytes.
starts() {
  local found
  found=$(od -An -tx1 -N $((${#2} / 2)) "$1" | tr -d ' \n')
  [ "$found" = "$2" ] || fail "$1 starts with $found, expected $2"
}

png=89504e470d0a1a0a

# json KIND FILE: checks a file of JSON, or of a JSON object on each line.
json() {
  if have python3; then
    python3 -I "$root/.ci/check_json.py" "$@" || fail "$2"
  else
    skip "contents of $(basename "$2"): no python3"
  fi
}

train() {
  local out=$1
  shift
  "$programs/train-vae" --out "$out" --limit 512 --quiet "$@"
}

check_programs() {
  train "$work/a" --steps 6 --sample-every 3
  for name in samples samples-000003 samples-000006 curves; do starts "$work/a/$name.png" $png; done
  json metrics "$work/a/metrics.jsonl" 6
  json checkpoint "$work/a/model.safetensors" vae
  train "$work/b" --steps 6
  train "$work/c" --steps 6 --threads 1
  train "$work/d" --steps 6 --threads 2
  train "$work/e" --steps 6 --seed 1
  for other in b c d; do
    cmp "$work/a/model.safetensors" "$work/$other/model.safetensors" || fail "the same seed gave other bytes"
  done
  ! cmp -s "$work/a/model.safetensors" "$work/e/model.safetensors" || fail "another seed gave the same bytes"

  local model=$work/a/model.safetensors
  for name in s.png s.npy s.idx s.idx.gz; do
    "$programs/generate" --model "$model" --count 10 --quiet --out "$work/$name"
  done
  starts "$work/s.png" $png
  starts "$work/s.npy" 934e554d5059
  size "$work/s.npy" $((128 + 10 * 784 * 4))
  starts "$work/s.idx" 000008030000000a0000001c0000001c
  size "$work/s.idx" $((16 + 10 * 784))
  starts "$work/s.idx.gz" 1f8b
  gzip -dc "$work/s.idx.gz" | cmp - "$work/s.idx" || fail "s.idx.gz holds other bytes"
  check_gans
  check_labels_and_stacks
  check_conditional
  check_augmentation
  check_evaluation
  check_styles
  check_pixels
  check_codes
  check_restorers
  check_style_transfer
  check_encoding_gans
  check_infogan
  check_translation
  check_volumes
  check_anomalies
  check_signals
  check_captions
  local main
  for main in Examples/*/main.swift; do "$programs/$(basename "$(dirname "$main")")" --help > "$work/help"; done
  "$programs/Benchmarks" --help > "$work/help"
  ! "$programs/generate" --count 0 2> "$work/help" || fail "generate --count 0"
  echo "train-vae and generate: files, formats, seeds and threads"
}

# A judge after a few steps, what it says of samples, and the programs that look at a model.
check_evaluation() {
  local model=$work/train-vae/model.safetensors judge=$work/train-classifier/model.safetensors mode
  "$programs/train-classifier" --out "$work/train-classifier" --limit 256 --steps 3 --quiet
  json checkpoint "$judge" image-classifier
  "$programs/evaluate" --model "$work/classes-vae/model.safetensors" --judge "$judge" --count 200 --gan-train 2 --quiet \
    --out "$work/classes.json" --picture "$work/classes.png" > "$work/table"
  grep -q '"gan_train"' "$work/classes.json" || fail "evaluate tells nothing of a classifier that learns from samples"
  "$programs/evaluate" --model "$model" --judge "$judge" --count 200 --likelihood 5 --quiet \
    --out "$work/evaluation.json" --picture "$work/evaluation.png" > "$work/table"
  grep -q "Fréchet distance" "$work/table" || fail "evaluate prints no table"
  grep -q '"fid"' "$work/evaluation.json" || fail "evaluate writes no figures"
  starts "$work/evaluation.png" $png
  for mode in reconstruct traverse project neighbours; do
    "$programs/explore" $mode --model "$model" --count 4 --rows 2 --quiet --out "$work/$mode.png" > "$work/figure"
    starts "$work/$mode.png" $png
  done
  "$programs/explore" attribution --model "$work/train-wgan-gp/model.safetensors" --count 4 --rows 2 --quiet \
    --out "$work/attribution.png"
  starts "$work/attribution.png" $png
  "$programs/denoise" --model "$model" --noise 0.3 --count 10 --quiet --out "$work/denoised.idx" > "$work/figure"
  size "$work/denoised.idx" $((16 + 10 * 784))
  "$programs/detect-anomalies" --model "$model" --normal 1 --quiet --out "$work/anomalies" > "$work/figure"
  grep -q AUROC "$work/figure" || fail "detect-anomalies prints no figures"
  starts "$work/anomalies.png" $png
  echo "train-classifier, evaluate, explore, denoise and detect-anomalies: files and figures"
}

# A few steps of each program that trains convolutional networks, and samples of each model.
check_gans() {
  local kind model
  "$programs/train-dcgan" --out "$work/train-dcgan" --limit 256 --steps 3 --quiet
  "$programs/train-wgan-gp" --out "$work/train-wgan-gp" --limit 256 --steps 2 --quiet
  "$programs/train-gan" --out "$work/train-gan" --limit 256 --steps 2 --quiet --pack 2 --virtual-batch 16 \
    --historical-averaging 0.1 --feature-matching 1 --augment translation,cutout --augment-target 0.6
  "$programs/train-vae" --conv --out "$work/train-vae" --limit 256 --steps 2 --quiet
  for kind in dcgan wgan-gp gan vae; do
    model=train-$kind
    for name in samples curves; do starts "$work/$model/$name.png" $png; done
    json checkpoint "$work/$model/model.safetensors" "$kind"
    "$programs/generate" --model "$work/$model/model.safetensors" --count 10 --quiet --out "$work/$model.idx"
    size "$work/$model.idx" $((16 + 10 * 784))
  done
  "$programs/generate" --model "$work/train-dcgan/model.safetensors" --count 10 --ema --quiet --out "$work/average.idx"
  ! cmp -s "$work/average.idx" "$work/train-dcgan.idx" || fail "the average's samples are those of the last step"
  "$programs/compare-remedies" --remedies none,pack-2,minibatch-deviation --steps 20 --seeds 2 --quiet > "$work/table"
  grep -q "^minibatch-deviation  .* ± " "$work/table" || fail "compare-remedies prints no table"
  echo "train-dcgan, train-wgan-gp, train-gan, train-vae --conv and compare-remedies: files, samples and figures"
}

# A GAN of styles: more usual samples, mixtures, and path lengths between mapped latents.
check_styles() {
  local model=$work/stylegan/model.safetensors
  "$programs/train-stylegan" --out "$work/stylegan" --limit 64 --steps 3 --batch-size 8 --quiet --features 4 \
    --most-features 8 --latent-size 16 --path-length 2
  starts "$work/stylegan/samples.png" $png
  json checkpoint "$model" stylegan
  "$programs/generate" --model "$model" --count 10 --ema --quiet --out "$work/stylegan.idx"
  "$programs/generate" --model "$model" --count 10 --ema --truncation 0.5 --mix 2 --quiet --out "$work/usual.idx"
  size "$work/usual.idx" $((16 + 10 * 784))
  ! cmp -s "$work/stylegan.idx" "$work/usual.idx" || fail "more usual mixtures are the same samples"
  "$programs/explore" mix --model "$model" --count 3 --rows 2 --layer 2 --quiet --out "$work/mix.png"
  starts "$work/mix.png" $png
  "$programs/evaluate" --model "$model" --judge "$work/train-classifier/model.safetensors" --count 20 --mix 2 --quiet \
    --picture "$work/evaluation.png" > "$work/table" 2> "$work/help"
  grep -q "of mapped latents" "$work/table" || fail "evaluate tells no path length of mapped latents"
  echo "train-stylegan: files, samples, mixtures and path lengths"
}

# A few steps of each program that trains a model of pixels; samples, completions and exact likelihoods.
check_pixels() {
  local run model
  pixels() {
    run=$1
    shift
    "$programs/$1" --out "$work/$run" --limit 64 --steps 2 --batch-size 8 --quiet "${@:2}"
    model=$work/$run/model.safetensors
    starts "$work/$run/samples.png" $png
    "$programs/generate" --model "$model" --count 10 --quiet --out "$work/$run.idx"
    size "$work/$run.idx" $((16 + 10 * 784))
    "$programs/explore" complete --model "$model" --count 4 --rows 1 --quiet --out "$work/$run.png"
    starts "$work/$run.png" $png
  }
  pixels pixelcnn train-pixelcnn --features 4 --layers 2
  json checkpoint "$model" pixelcnn
  "$programs/evaluate" --model "$model" --judge "$work/train-classifier/model.safetensors" --count 20 --quiet \
    --picture "$work/evaluation.png" > "$work/table"
  grep -q "exact, dynamic binary" "$work/table" || fail "evaluate tells no exact likelihood"
  pixels pixelrnn-row train-pixelrnn --kind row --features 4 --layers 1
  pixels pixelrnn-diagonal train-pixelrnn --kind diagonal --features 4 --layers 1
  pixels made train-made --hidden 50
  json checkpoint "$model" made
  echo "train-pixelcnn, train-pixelrnn and train-made: files, samples, completions and likelihoods"
}

# Codes and their distribution, in one training.
check_codes() {
  local model=$work/vqvae/model.safetensors
  "$programs/train-vqvae" --out "$work/vqvae" --limit 64 --steps 4 --batch-size 8 --quiet --features 4 \
    --prior-features 4 --prior-layers 1
  starts "$work/vqvae/samples.png" $png
  json checkpoint "$model" vqvae
  "$programs/generate" --model "$model" --count 10 --quiet --out "$work/vqvae.idx"
  size "$work/vqvae.idx" $((16 + 10 * 784))
  "$programs/explore" reconstruct --model "$model" --count 4 --quiet --out "$work/vqvae.png"
  starts "$work/vqvae.png" $png
  echo "train-vqvae: files, samples and reconstructions"
}

# What is small, and what has a hole.
check_restorers() {
  local model=$work/larger/model.safetensors judge=$work/train-classifier/model.safetensors
  "$programs/train-super-resolution" --out "$work/larger" --limit 64 --steps 2 --batch-size 8 --quiet --features 4 --blocks 1
  starts "$work/larger/samples.png" $png
  "$programs/upscale" --model "$model" --data "$work/larger/samples.png" --out "$work/upscaled.png" --quiet
  starts "$work/upscaled.png" $png
  model=$work/holes/model.safetensors
  "$programs/train-inpainting" --out "$work/holes" --limit 64 --steps 2 --batch-size 8 --quiet --features 4
  "$programs/inpaint" --model "$model" --count 8 --quiet --out "$work/inpainted.png" > "$work/table"
  starts "$work/inpainted.png" $png
  grep -q "in the hole, dB" "$work/table" || fail "inpaint tells no figure"
  "$programs/train-super-resolution" --out "$work/sharper" --limit 64 --steps 4 --batch-size 8 --quiet --features 4 \
    --blocks 1 --adversarial 0.001 --feature-loss "$judge"
  grep -q discriminator_loss "$work/sharper/metrics.jsonl" || fail "train-super-resolution has no second phase"
  "$programs/upscale" --model "$work/sharper/model.safetensors" --shrink --judge "$judge" --quiet \
    --data "$work/s.idx" --out "$work/upscaled.png" > "$work/table"
  grep -q "named as the originals" "$work/table" || fail "upscale tells nothing of names"
  "$programs/train-denoiser" --out "$work/denoiser" --limit 64 --steps 2 --batch-size 8 --quiet --features 4
  "$programs/denoise" --model "$work/denoiser/model.safetensors" --noise 0.3 --count 8 --judge "$judge" --quiet \
    --out "$work/denoised.png" > "$work/table"
  grep -q "to the clean images, dB" "$work/table" || fail "denoise tells no figure"
  echo "train-super-resolution, upscale, train-inpainting, inpaint, train-denoiser and denoise: files and figures"
}

# A style learned by a network and one that pixels are changed to.
check_style_transfer() {
  local style=$work/larger/samples.png
  "$programs/train-style" --style "$style" --out "$work/style" --limit 64 --steps 2 --batch-size 8 --quiet --features 2 \
    --blocks 1
  json checkpoint "$work/style/model.safetensors" style-transfer
  starts "$work/style/samples.png" $png
  "$programs/stylize" --model "$work/style/model.safetensors" --data "$style" --out "$work/stylized.png" --quiet
  starts "$work/stylized.png" $png
  "$programs/stylize" --style "$style" --steps 2 --size 64 --data "$style" --out "$work/stylized.png" --quiet
  starts "$work/stylized.png" $png
  "$programs/judge-style" --model "$work/style/model.safetensors" --style "$style" --count 9 --judge-steps 2 --quiet \
    --judge "$work/train-classifier/model.safetensors" --out "$work/styles.json" > "$work/table"
  grep -q "^named as the style" "$work/table" || fail "judge-style tells nothing of the style"
  grep -q "^named as the originals" "$work/table" || fail "judge-style tells nothing of names"
  grep -q '"judge_accuracy"' "$work/styles.json" || fail "judge-style writes no figures"
  "$programs/train-style" --pattern waves --out "$work/waves" --limit 64 --steps 2 --batch-size 8 --quiet --features 2 \
    --blocks 1
  "$programs/judge-style" --model "$work/waves/model.safetensors" --pattern waves --count 9 --judge-steps 2 --quiet \
    > "$work/table"
  "$programs/stylize" --pattern rings --steps 2 --size 64 --data "$style" --out "$work/stylized.png" --quiet
  starts "$work/stylized.png" $png
  echo "train-style, stylize and judge-style: files and figures"
}

# A few steps of each program that trains a model of volumes; what comes out goes in again.
check_volumes() {
  local kind model
  for kind in voxel-vae voxel-gan; do
    model=$work/$kind/model.safetensors
    "$programs/train-$kind" --out "$work/$kind" --limit 64 --steps 2 --batch-size 8 --size 8 --features 4 --quiet
    for name in samples curves; do starts "$work/$kind/$name.png" $png; done
    json checkpoint "$model" "$kind"
    "$programs/generate" --model "$model" --count 10 --quiet --out "$work/$kind.npy"
    size "$work/$kind.npy" $((128 + 10 * 512 * 4))
    "$programs/generate" --model "$model" --count 3 --threshold 0.2 --quiet --out "$work/$kind.obj"
    [ "$(grep -c '^o ' "$work/$kind.obj")" = 3 ] || fail "$kind.obj holds other than three objects"
    "$programs/generate" --model "$model" --count 9 --quiet --out "$work/$kind.png"
    starts "$work/$kind.png" $png
    "$programs/judge-shapes" --model "$model" --judge "$work/shape-judge.safetensors" --judge-steps 2 --count 9 --quiet \
      --out "$work/shapes.json" > "$work/table"
    grep -q "^families found" "$work/table" || fail "judge-shapes tells no families"
    grep -q '"families_found"' "$work/shapes.json" || fail "judge-shapes writes no figures"
  done
  "$programs/explore" traverse --model "$model" --count 3 --variables 0,1 --quiet --out "$work/traverse.png" > "$work/figure"
  starts "$work/traverse.png" $png
  "$programs/train-voxel-vae" --out "$work/volumes" --data "$work/voxel-gan.npy" --hold-out 0.2 --steps 2 --batch-size 4 \
    --features 4 --size 12 --quiet
  json checkpoint "$work/volumes/model.safetensors" voxel-vae
  "$programs/train-voxel-gan" --out "$work/voxel-wgan" --limit 64 --steps 1 --batch-size 8 --size 8 --features 4 --quiet \
    --loss wasserstein
  echo "train-voxel-vae, train-voxel-gan, judge-shapes: files, samples as arrays, meshes and pictures, figures"
}

# A classifier of few labels, and images whose channels are others.
check_labels_and_stacks() {
  "$programs/train-semi-supervised" --out "$work/few" --limit 256 --steps 2 --batch-size 20 --labels-per-class 2 --quiet
  starts "$work/few/samples.png" $png
  json checkpoint "$work/few/model.safetensors" semi-supervised-gan
  train "$work/stacked" --stacked 64 --steps 2 --batch-size 16
  "$programs/train-classifier" --out "$work/few-judge" --limit 256 --steps 2 --quiet
  "$programs/evaluate" --stacked --model "$work/stacked/model.safetensors" \
    --judge "$work/few-judge/model.safetensors" --count 20 --quiet | grep -q "of 1000" || fail "no modes were counted"
  echo "train-semi-supervised, --stacked: files and modes"
}

# A few steps of each GAN with an encoder: samples, reconstructions and what lies between images.
check_encoding_gans() {
  local kind mode model
  for kind in vae-gan alpha-gan bigan; do
    model=$work/$kind/model.safetensors
    "$programs/train-$kind" --out "$work/$kind" --limit 64 --steps 3 --batch-size 8 --quiet --features 4 \
      --generator-features 4
    starts "$work/$kind/samples.png" $png
    json checkpoint "$model" "$kind"
    "$programs/generate" --model "$model" --count 10 --ema --quiet --out "$work/$kind.idx"
    size "$work/$kind.idx" $((16 + 10 * 784))
    for mode in reconstruct interpolate; do
      "$programs/explore" $mode --model "$model" --count 4 --rows 2 --quiet --out "$work/$kind.png" > "$work/figure"
      starts "$work/$kind.png" $png
    done
  done
  echo "train-vae-gan, train-alpha-gan and train-bigan: files, samples, reconstructions and interpolations"
}

# Codes that stand for something, and how they agree with classes.
check_infogan() {
  local model=$work/infogan/model.safetensors
  "$programs/train-infogan" --out "$work/infogan" --limit 64 --steps 3 --batch-size 8 --quiet --features 4
  starts "$work/infogan/samples.png" $png
  json checkpoint "$model" infogan
  "$programs/generate" --model "$model" --count 10 --ema --quiet --out "$work/infogan.idx"
  size "$work/infogan.idx" $((16 + 10 * 784))
  "$programs/explore" traverse --model "$model" --quiet --out "$work/infogan.png"
  starts "$work/infogan.png" $png
  "$programs/evaluate" --model "$model" --judge "$work/train-classifier/model.safetensors" --count 200 --quiet \
    --out "$work/infogan.json" --picture "$work/evaluation.png" > "$work/table"
  grep -q "code stands for the class" "$work/table" || fail "evaluate tells nothing of codes"
  grep -q '"code_agreement"' "$work/infogan.json" || fail "evaluate writes nothing of codes"
  echo "train-infogan: files, samples, codes"
}

# Translators without pairs and with them, and what they make of images.
check_translation() {
  local cyclegan=$work/cyclegan/model.safetensors pix2pix=$work/pix2pix/model.safetensors
  "$programs/train-cyclegan" --out "$work/cyclegan" --limit 64 --steps 3 --batch-size 8 --quiet --features 4 --blocks 1 \
    --discriminator-features 4 --semantic labelled
  "$programs/train-pix2pix" --out "$work/pix2pix" --limit 64 --steps 3 --batch-size 8 --quiet --features 4 \
    --discriminator-features 4
  json checkpoint "$cyclegan" cyclegan
  json checkpoint "$pix2pix" pix2pix
  for name in cyclegan pix2pix; do starts "$work/$name/samples.png" $png; done
  "$programs/translate" --model "$cyclegan" --direction b-to-a --edges --count 20 --quiet \
    --judge "$work/train-classifier/model.safetensors" --out "$work/translated.idx" > "$work/figure"
  size "$work/translated.idx" $((16 + 20 * 784))
  grep -q "of the class that they were made of" "$work/figure" || fail "translate tells nothing of classes"
  "$programs/translate" --model "$pix2pix" --edges --count 20 --quiet --out "$work/translated.png" > "$work/figure"
  starts "$work/translated.png" $png
  grep -q "to what they should be, dB" "$work/figure" || fail "translate prints no figures"
  "$programs/translate" --model "$cyclegan" --count 20 --part train --quiet --out "$work/translated"
  size "$work/translated/train-images-idx3-ubyte" $((16 + 20 * 784))
  size "$work/translated/train-labels-idx1-ubyte" $((8 + 20))
  "$programs/train-dann" --out "$work/dann" --limit 64 --steps 3 --batch-size 8 --quiet --features 8
  json checkpoint "$work/dann/model.safetensors" dann
  grep -q target_accuracy "$work/dann/metrics.jsonl" || fail "train-dann tells nothing of the other kind"
  "$programs/compare-adaptation" --limit 64 --steps 2 --seeds 1 --batch-size 8 --features 8 --quiet \
    --out "$work/adaptation.json" > "$work/table"
  grep -q "^mean  " "$work/table" || fail "compare-adaptation prints no table"
  grep -q '"target_only"' "$work/adaptation.json" || fail "compare-adaptation writes no figures"
  echo "train-cyclegan, train-pix2pix, translate, train-dann and compare-adaptation: files, figures, classes and folders"
}

# An encoder for a GAN that is there, and a table with a figure for each class.
check_anomalies() {
  "$programs/train-f-anogan" --gan "$work/train-wgan-gp/model.safetensors" --out "$work/f-anogan" --limit 64 --steps 3 \
    --batch-size 8 --quiet --features 4
  json checkpoint "$work/f-anogan/model.safetensors" f-anogan
  starts "$work/f-anogan/samples.png" $png
  "$programs/detect-anomalies" --model "$work/f-anogan/model.safetensors" --normal 1 --quiet --out "$work/strange" \
    > "$work/figure"
  grep -q AUROC "$work/figure" || fail "detect-anomalies prints no figures of an f-anogan"
  "$programs/anomaly-table" --classes 1,7 --protocol one-held-out --steps 2 --gan-steps 1 --encoder-steps 1 \
    --batch-size 8 --quiet --out "$work/anomaly-table" > "$work/table"
  grep -q "f-anogan, AUROC" "$work/table" || fail "anomaly-table prints no table"
  grep -q '"mean_auroc"' "$work/anomaly-table/one-held-out.json" || fail "anomaly-table writes no figures"
  echo "train-f-anogan and anomaly-table: files and figures"
}

# A model of series: noise, scores of times, tables and pictures.
check_signals() {
  local model=$work/signals/model.safetensors
  "$programs/train-signals" --out "$work/signals" --window 32 --steps 3 --batch-size 8 --features 4 --quiet
  json checkpoint "$model" series-vae
  for name in samples curves; do starts "$work/signals/$name.png" $png; done
  "$programs/analyse-signals" --model "$model" --count 20 --quiet --out "$work/analysed" > "$work/table"
  grep -q "^AUROC of times" "$work/table" || fail "analyse-signals tells nothing of anomalies"
  starts "$work/analysed.png" $png
  [ "$(wc -l < "$work/analysed.csv")" -eq $((1 + 20 * 32)) ] || fail "analysed.csv has no line for each time"
  "$programs/analyse-signals" --model "$model" --count 20 --noise 0.5 --quiet --out "$work/analysed" > "$work/table"
  grep -q "signal to noise, dB" "$work/table" || fail "analyse-signals tells nothing of noise"
  # What comes out goes in again.
  "$programs/train-signals" --data "$work/analysed.csv" --columns value --out "$work/again" --window 16 --stride 8 --steps 2 \
    --batch-size 4 --features 4 --hold-out 0.2 --quiet
  grep -q test_squared_error "$work/again/metrics.jsonl" || fail "train-signals tells nothing of what was held out"
  echo "train-signals and analyse-signals: files and figures"
}

# Images of captions, and whether they are what was asked for.
check_captions() {
  local model=$work/captions/model.safetensors
  "$programs/train-text-to-image" --out "$work/captions" --limit 256 --scenes 64 --steps 3 --batch-size 8 --quiet \
    --features 4 --leave-out
  starts "$work/captions/samples.png" $png
  json checkpoint "$model" text-to-image
  [ "$(wc -l < "$work/captions/captions.txt")" -eq 10 ] || fail "captions.txt has no line for each row"
  "$programs/generate" --model "$model" --ema --text "three thin fours; seven" --count 10 --quiet --out "$work/text.idx"
  size "$work/text.idx" $((16 + 10 * 784))
  ! "$programs/generate" --model "$model" --text "three tin fours" --quiet 2> "$work/help" || fail "a word is not known"
  grep -q "did you mean thin" "$work/help" || fail "generate names no word that was meant"
  "$programs/explore" interpolate --model "$model" --text "two small sevens" --to-text "four large nines" --count 6 \
    --rows 2 --quiet --out "$work/between.png"
  starts "$work/between.png" $png
  "$programs/judge-captions" --model "$model" --judges "$work/judges" --judge-steps 2 --count 1 --quiet \
    --out "$work/captions.json" > "$work/table"
  grep -q "samples of unseen captions" "$work/table" || fail "judge-captions tells nothing of unseen captions"
  grep -q '"stroke"' "$work/captions.json" || fail "judge-captions writes no figures"
  echo "train-text-to-image, generate --text and judge-captions: files, words and figures"
}

# Models that are told classes, and samples of a class.
check_conditional() {
  local name
  train "$work/classes-vae" --conditional --steps 2
  "$programs/train-dcgan" --out "$work/classes-projection" --limit 256 --steps 2 --quiet --preset conditional
  "$programs/train-dcgan" --out "$work/classes-auxiliary" --limit 256 --steps 2 --quiet --conditional auxiliary
  for name in vae projection auxiliary; do
    starts "$work/classes-$name/samples.png" $png
    "$programs/generate" --model "$work/classes-$name/model.safetensors" --label 3 --count 4 --quiet --out "$work/three.idx"
    "$programs/generate" --model "$work/classes-$name/model.safetensors" --labels 3,5 --count 4 --quiet --out "$work/both.idx"
    cmp -n $((16 + 2 * 784)) "$work/three.idx" "$work/both.idx" || fail "the first two are threes in both files"
    ! cmp -s "$work/three.idx" "$work/both.idx" || fail "a five is a three"
  done
  echo "train-vae and train-dcgan with classes: files and samples"
}

# A set of images enlarged by samples, which a training takes, and what they are worth.
check_augmentation() {
  local data=$work/augmented
  "$programs/augment" --model "$work/classes-projection/model.safetensors" --labels-per-class 20 --count 5 --quiet \
    --out "$data"
  size "$data/train-images-idx3-ubyte" $((16 + 250 * 784))
  size "$data/train-labels-idx1-ubyte" $((8 + 250))
  size "$data/t10k-images-idx3-ubyte" $((16 + 10000 * 784))
  "$programs/train-vae" --conditional --data "$data" --steps 1 --quiet --out "$work/augmented-vae"
  "$programs/augment" --measure --labels-per-class 2 --trials 2 --steps 2 --generator-steps 2 --quiet \
    --out "$work/gain.json" > "$work/table"
  grep -q "2 labels a class" "$work/table" || fail "augment prints no table"
  grep -q '"gain_deviation"' "$work/gain.json" || fail "augment writes no figures"
  echo "augment: files and figures"
}

# A processor without AVX: an instruction it lacks ends the program.
check_old_processor() {
  local old=(qemu-x86_64 -cpu Nehalem)
  "${old[@]}" "$programs/train-vae" --out "$work/old" --limit 256 --batch-size 32 --steps 2 --quiet
  "${old[@]}" "$programs/generate" --model "$work/old/model.safetensors" --count 4 --quiet --out "$work/old.idx"
  size "$work/old.idx" $((16 + 4 * 784))
  "${old[@]}" "$programs/train-dcgan" --out "$work/old" --limit 16 --batch-size 8 --steps 1 --quiet
  echo "train-vae, train-dcgan and generate: on a Nehalem"
}

check_benchmarks() {
  "$programs/Benchmarks" --filter matmul/128 --min-time 0.05 --format json > "$work/benchmarks.json"
  json benchmarks "$work/benchmarks.json"
}

# Kills, signals, full disks and the like; the scripts' own SKIPPED lines count.
check_faults() {
  local line
  LATENT_PROGRAMS=$programs Tests/Faults/kill-and-resume.sh 5
  LATENT_PROGRAMS=$programs Tests/Faults/faults.sh > "$work/faults.log" || { cat "$work/faults.log"; fail "faults"; }
  while read -r line; do
    case $line in
      SKIPPED*) skip "${line#SKIPPED }" ;;
      *) echo "$line" ;;
    esac
  done < "$work/faults.log"
  if have python3; then
    LATENT_PROGRAMS=$programs python3 -I Tests/Faults/options.py 150 || fail "options"
  else
    skip "options of the programs: no python3"
  fi
}
