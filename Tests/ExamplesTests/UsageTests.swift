import Testing

/// The options that all programs which train have.
private let commonOptions = [
  "data", "epochs", "steps", "batch-size", "latent-size", "learning-rate", "schedule", "warmup", "hold", "limit",
  "hold-out", "seed", "threads", "out", "sample-every", "checkpoint-every", "keep", "from", "resume", "quiet", "strict",
  "help", "version",
]

/// Those that all have which train on images.
private let trainingOptions =
  commonOptions + [
    "classes", "memory", "augment", "size", "crop", "channels", "background", "layout", "stacked",
  ]

/// The options that all programs which train a GAN have.
private let ganOptions =
  trainingOptions + [
    "generator-features", "features", "average-decay", "conditional", "generator-rate", "discriminator-rate",
  ]

/// Command lines that cannot be obeyed: one line that names the option, and exit code 2.
@Suite struct UsageTests {
  @Test(arguments: [
    ("LATENT_THREADS", "LATENT_THREADS: 'x' is not a number of threads; it must be a whole number from 1\n"),
    ("LATENT_CACHES", "LATENT_CACHES: 'x' is not one to three sizes in kilobytes, as in 32,1024\n"),
    ("LATENT_KERNELS", "LATENT_KERNELS: 'x' is not one of baseline, avx2, avx512\n"),
  ])
  func environment(name: String, message: String) throws {
    for program in Program.all {
      let result = try program.run([], environment: [name: "x"])
      #expect((result.exitCode, result.errors) == (2, "\(program.name): \(message)"))
      #expect(try program.run(["--help"], environment: [name: "x"]).exitCode == 0)
    }
  }

  @Test(arguments: [
    (["--epoch", "1"], #"unknown option "--epoch"; did you mean --epochs?"#),
    (["--frobnicate"], #"unknown option "--frobnicate"; see --help"#),
    (["--epochs", "1", "--steps", "1"], "--epochs and --steps exclude each other"),
    (["--from", "model.safetensors", "--resume"], "--from and --resume exclude each other"),
    (["--hold", "0.5"], "--hold: means something only with --schedule linear or cosine"),
    (["--epochs", "0"], "--epochs: expected a whole number from 1 to 1000000, found \"0\""),
    (["--steps", "many"], "--steps: expected a whole number from 1"),
    (["--batch-size", "0"], "--batch-size: expected"),
    (["--learning-rate", "1e-50"], "--learning-rate: expected a number from 1e-30 to 1e+38, found \"1e-50\""),
    (["--latent-size", "1.5"], "--latent-size: expected a whole number"),
    (["--hidden-size", "-1"], "--hidden-size: expected"),
    (["--learning-rate", "0"], "--learning-rate: expected a number from 1e-30"),
    (["--learning-rate", "nan"], "--learning-rate: expected"),
    (["--learning-rate", "inf"], "--learning-rate: expected"),
    (["--beta", "-0.5"], "--beta: expected a number of 0.0 or more"),
    (["--deviation", "0"], "--deviation: expected a number above 0"),
    (
      ["--deviation", "1e30"], "--deviation: expected a number above 0.0 and up to 1000.0, found \"1e30\""
    ),
    (["--free-bits", "1e30"], "--free-bits: expected a number from 0.0 to 10000.0, found \"1e30\""),
    (
      ["--beta", "1e-50"], "--beta: expected a number of 0.0 or more, found \"1e-50\"; as a number of 32 bits it is 0.0"
    ),
    (["--beta", "1e-400"], "found \"1e-400\"; as a number of 32 bits it is 0.0"),
    (["--hold-out", "1e-50"], "--hold-out: expected a number from 0.0001 to 0.9, found \"1e-50\"\n"),
    (["--epochs", "1e40"], "found \"1e40\"\n"),
    (["--beta", "1e39"], "found \"1e39\"; as a number of 32 bits it is inf"),
    (["--hold-out", "1"], "--hold-out: expected a number from 0.0001 to 0.9, found \"1\""),
    (["--layout", "NCHW"], "found \"NCHW\"; did you mean nchw?"),
    (
      ["--likelihood", "poisson"],
      "--likelihood: expected one of bernoulli, gaussian, learned-gaussian, categorical, discretized-logistic, found"
    ),
    (["--limit", "0"], "--limit: expected"),
    (["--limit", "9", "--conv", "--hidden-size", "9"], "--hidden-size: means something only with dense layers"),
    (["--limit", "9", "--deviation", "0.2"], "--deviation: means something only with --likelihood gaussian"),
    (["--limit", "9", "--levels", "4"], "--levels: means something only with --likelihood categorical or"),
    (["--limit", "9", "--conv", "--network", "burda"], "--conv and --network burda exclude each other"),
    (["--limit", "9", "--flow-steps", "3"], "--flow-steps: means something only with --posterior iaf or planar"),
    (["--limit", "9", "--quadrants", "1", "--conv"], "--conv: means something only without --quadrants"),
    (["--limit", "9", "--ladder"], "--ladder: means something only with --stochastic-layers 2 or more"),
    (
      ["--limit", "9", "--stochastic-layers", "2", "--posterior", "iaf"],
      "--posterior: means something only with one layer of latents, if it is not gaussian"
    ),
    (["--limit", "9", "--residual-blocks", "2"], "--residual-blocks: means something only with --network residual"),
    (
      ["--limit", "9", "--free-bits", "0.5", "--importance-samples", "5"],
      "--free-bits: means something only with one latent for each image"
    ),
    (
      ["--preset", "burda", "--conv"],
      "--preset burda: it sets --hidden-size, which means something only with dense layers"
    ),
    (
      ["--preset", "best"],
      "--preset: expected one of conditional, burda, iwae, iwae2, quadrants, iaf, ladder, residual-iaf, found"
    ),
    (["--seed", "-1"], "--seed: expected"),
    (["--seed", "99999999999999999999"], "--seed: expected"),
    (["--threads", "0"], "--threads: expected a whole number from 1 to 256"),
    (["--threads", "257"], "--threads: expected a whole number from 1 to 256"),
    (["--sample-every", "0"], "--sample-every: expected"),
    (["--checkpoint-every", "0"], "--checkpoint-every: expected"),
    (["--keep", "-1"], "--keep: expected a whole number from 0"),
    (["--resume", "out"], "unexpected argument \"out\""),
    (["--out"], "--out: its value DIR is missing"),
    (["--out", ""], "--out: expected"),
    (["--data", "--quiet"], "--data: its value PATH is missing"),
    (["--quiet=yes"], "--quiet: takes no value"),
    (["--seed", "1", "--seed", "1"], "--seed: given twice"),
    (["images.idx"], "every value belongs to an option; did you mean --data images.idx?"),
    (["--data", "a", "b"], "unexpected argument \"b\": every value belongs to an option\n"),
    (["--likelihood", "Gaussian"], "found \"Gaussian\"; did you mean gaussian?"),
    (["--a\nb"], "unknown option"),
  ])
  func training(_ arguments: [String], _ text: String) throws {
    try Program.trainVAE.fail(arguments, exitCode: 2, [text])
  }

  @Test(arguments: [
    ([], "--model: expected the path of a checkpoint"),
    (["--model", "m", "--count", "0"], "--count: expected"),
    (["--model", "m", "--seed", "-1"], "--seed: expected"),
    (["--model", "m", "--out", "a.jpg"], "--out: expected a name that ends in .png, .npy, .idx, .idx.gz or .obj"),
    (["--models", "m"], "did you mean --model?"),
    (["runs/a/model.safetensors"], "did you mean --model runs/a/model.safetensors?"),
  ])
  func generating(_ arguments: [String], _ text: String) throws {
    try Program.generate.fail(arguments, exitCode: 2, [text])
  }

  @Test(arguments: [
    ("lsgan", "least-squares"), ("SNGAN", "spectral-norm"), ("hinge", "spectral-norm"), ("dcgn", "dcgan"),
  ])
  func variantsUnderOtherNames(_ name: String, _ variant: String) throws {
    try Program.trainDCGAN.fail(
      ["--variant", name], exitCode: 2,
      ["expected one of dcgan, least-squares, spectral-norm, wgan, found \"\(name)\"; did you mean \(variant)?\n"])
  }

  @Test(arguments: [
    (["--loss", "lsgan"], "did you mean least-squares?"),
    (["--penalty-weight", "1"], "--penalty-weight: means something only with --regularizer gradient-penalty or r1"),
    (
      ["--regularizer", "gradient-penalty", "--penalty-every", "4"],
      "--penalty-every: means something only with --regularizer r1"
    ),
    (["--clip", "1"], "--clip: means something only with --regularizer weight-clipping"),
    (["--preset", "wgan", "--beta1", "0.5"], "--beta1: means something only with --optimizer adam"),
    (
      ["--augment", "cutout,colors"],
      "--augment: expected some of mirror, shift, colour, translation, cutout, separated by commas, or"
    ),
    (["--augment-target", "0.5"], "--augment-target: means something only with --augment"),
    (["--augment", "cutout", "--augment-images", "9"], "--augment-images: means something only with --augment-target"),
    (["--instance-noise-steps", "9"], "--instance-noise-steps: means something only with --instance-noise"),
    (["--pack", "0"], "--pack: expected a whole number from 1 to 64"),
  ])
  func partsOfAGAN(_ arguments: [String], _ text: String) throws {
    try Program.trainGAN.fail(["--limit", "9"] + arguments, exitCode: 2, [text])
  }

  @Test(arguments: Program.all)
  func everyProgramHelps(_ program: Program) throws {
    let text = try program.succeed("--help").output
    #expect(text.contains("Usage: \(program.name) ") && text.contains("[options]"))
    #expect(text.contains("\n  --threads ") && text.contains("\n  --help "))
    // Help is given whatever else the command line says.
    #expect(try program.succeed("--nonsense", "--help").output == text)
    #expect(try program.succeed("--version").output.hasPrefix("\(program.name), Latent "))
    try program.fail(["--nonsense"], exitCode: 2, [#"unknown option "--nonsense"; see --help"#])
  }

  @Test func everyFolderIsFound() {
    #expect(Set(Program.all.map(\.name)).isSuperset(of: ["generate", "train-dcgan", "train-vae", "train-wgan-gp"]))
  }

  @Test(arguments: [
    (
      Program.trainVAE,
      trainingOptions + [
        "conv", "hidden-size", "hidden-layers", "activation", "beta", "conditional", "likelihood", "deviation",
        "levels", "binarize", "initialization", "preset", "network", "features", "residual-blocks", "posterior",
        "flow-steps", "flow-size", "stochastic-layers", "ladder", "beta-warmup", "free-bits", "importance-samples",
        "importance-bounds", "importance-gradient", "quadrants",
      ]
    ),
    (Program.trainDCGAN, ganOptions + ["variant", "label-smoothing", "preset"]),
    (Program.trainWGANGP, ganOptions + ["penalty-weight", "critic-steps", "normalization"]),
    (
      Program.trainGAN,
      ganOptions + [
        "loss", "regularizer", "penalty-weight", "penalty-every", "clip", "normalization", "discriminator-steps",
        "label-smoothing", "optimizer", "beta1", "beta2", "class-weight", "feature-matching", "adversarial-weight",
        "minibatch-discrimination", "minibatch-deviation", "pack", "virtual-batch", "historical-averaging",
        "consistency", "augment-probability", "augment-target", "augment-images", "instance-noise",
        "instance-noise-steps", "preset",
      ]
    ),
    (
      Program(name: "train-voxel-vae"),
      commonOptions + ["size", "components", "features", "full-weight", "beta"]
    ),
    (
      Program(name: "train-signals"),
      commonOptions + [
        "columns", "layout", "window", "stride", "signal-channels", "features", "depth", "deviation", "noise", "beta",
      ]
    ),
    (
      Program.generate,
      [
        "model", "count", "columns", "seed", "label", "labels", "text", "out", "threads", "ema", "truncation", "mix",
        "threshold", "quiet", "help", "version",
      ]
    ),
  ])
  func help(_ program: Program, _ options: [String]) throws {
    let text = try program.succeed("--help").output
    let listed = text.split(separator: "\n").filter { $0.hasPrefix("  --") }
      .map { $0.dropFirst(4).prefix { !$0.isWhitespace } }
    #expect(Set(listed.map(String.init)) == Set(options))
    #expect(listed.count == options.count)
  }
}
