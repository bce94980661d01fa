import Latent

// Options that programs have in common, each with one name and one text.

extension Options {
  /// `--model`: the checkpoint that the program is about, which a value without an option is probably meant for.
  public mutating func modelPath() -> Option<String?> {
    usualOption = "model"
    return string("model", placeholder: "FILE", help: "a checkpoint, model.safetensors (required)")
  }

  /// `--data` and `--crop`: images to look at a model with, for ``ComparisonData``.
  public mutating func comparisonData(
    help: String =
      "images, as the training programs take them; of a folder the test images; built-in digits if not given"
  ) -> ComparisonOptions {
    ComparisonOptions(
      data: string("data", placeholder: "PATH", help: help),
      crop: choice(
        "crop", default: ImagePreparation.Crop.none, placeholder: "NAME",
        help: "how images of another shape than the model's are brought to it, as in the training"),
      files: FileOptions(&self))
  }

  /// `--background` and `--layout`: how files of several meanings are read.
  public mutating func files() -> FileOptions { FileOptions(&self) }

  /// `--ema`: for ``openModel(_:isAveraged:)``.
  public mutating func isAveraged() -> Option<Bool> {
    flag("ema", help: "use the moving average of the generator, which GANs keep")
  }

  /// `--threads`, for `Threads.count`.
  public mutating func threads() -> Option<Int?> {
    integer(
      "threads", range: 1...Threads.limit, placeholder: "N", help: "processor cores to use; also LATENT_THREADS")
  }
}
