import Training

extension ModelRegistry {
  /// All models of this library.
  public static let standard = ModelRegistry().registering(VAE.self).registering(QuadrantVAE.self)
    .registering(DCGAN.self).registering(WGANGP.self).registering(GAN.self)
    .registering(SemiSupervisedGAN.self).registering(StyleGAN.self)
    .registering(VAEGAN.self).registering(AlphaGAN.self).registering(BiGAN.self).registering(InfoGAN.self)
    .registering(ImageClassifier.self).registering(DomainAdversarialClassifier.self).registering(VQVAE.self)
    .registering(CycleGAN.self).registering(Pix2Pix.self)
    .registering(MADE.self).registering(PixelCNN.self).registering(PixelRNN.self)
    .registering(SuperResolution.self).registering(Inpainting.self)
    .registering(VoxelVAE.self).registering(VoxelGAN.self)
    .registering(FAnoGAN.self).registering(SeriesVAE.self)
    .registering(TextToImage.self)
    .registering(Denoiser.self).registering(StyleTransfer.self)
}

extension TrainingCheckpoint {
  /// Opens the checkpoint at `path`, which is one of a model of this library.
  /// - Throws: ``FileError`` naming the file and what is wrong with it, for instance that it holds a model only.
  public static func load(_ path: String) throws -> TrainingCheckpoint { try load(path, registry: .standard) }
}

extension RunFolder {
  /// The checkpoint in the folder, which is one of a model of this library; nil if there is none.
  /// - Throws: ``FileError`` if a training cannot go on from it.
  public func checkpoint() throws -> TrainingCheckpoint? { try checkpoint(registry: .standard) }
}
