import Training

// What the code vectors of pictures are as latents.

extension VQVAE {
  /// A code is one of a few vectors: there is nothing between them, and no variable of one has a distribution of its own.
  public var latentVariables: LatentVariables { .inseparable(reason: "they are vectors of codes") }

  /// A number of a code vector is no latent variable, so there are no active ones.
  public var encodesPosteriorMeans: Bool { false }
}
