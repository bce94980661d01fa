import Training

extension SeriesVAE {
  /// The sizes and choices of a ``SeriesVAE``.
  public struct Configuration: Codable, Sendable, Equatable {
    /// The number of times of a window, a multiple of 2 to the power of ``depth``.
    public var length = 128
    /// The number of channels.
    public var channels = 1
    /// The number of latent variables.
    public var latentSize = 16
    /// The convolutions' channels at half the length; further on there are twice as many.
    public var features = 32
    /// How often convolutions halve the length.
    public var depth = 3
    /// The standard deviation of the likelihood, in units of each channel's own deviation: the smaller, the more a
    /// reconstruction counts.
    public var deviation: Float = 0.2
    /// The deviation of the noise that the encoder sees in training, in the same units: what is decoded has none.
    public var noise: Float = 0
    /// The weight of the divergence from the prior.
    public var beta: Float = 1
    /// The learning rate.
    public var learningRate: Float = 1e-3
    /// The mean of each channel, which is taken away.
    public var means: [Float]
    /// The standard deviation of each channel, by which it is divided.
    public var deviations: [Float]

    /// A model of windows of the given form.
    ///
    /// - Parameters:
    ///   - length: times of a window.
    ///   - means: of each channel, 0 if nil.
    ///   - deviations: of each channel, 1 if nil. `SampleSource.channelStatistics()` tells both.
    public init(length: Int = 128, channels: Int = 1, means: [Float]? = nil, deviations: [Float]? = nil) {
      (self.length, self.channels) = (length, channels)
      self.means = means ?? Array(repeating: 0, count: max(0, channels))
      self.deviations = deviations ?? Array(repeating: 1, count: max(0, channels))
    }

    func validate() throws {
      let checks = ConfigurationChecks(kind: SeriesVAE.kind)
      try checks.check(["depth": depth], in: 1...12)
      try checks.check(
        (1...1 << 20).contains(length) && length % (1 << depth) == 0,
        "length is \(length), expected a multiple of \(1 << depth) times, as windows are halved \(depth) times")
      try checks.check(["channels": channels, "latentSize": latentSize, "features": features], in: 1...4096)
      try checks.checkRates(["deviation": deviation, "learningRate": learningRate])
      try checks.checkWeights(["noise": noise, "beta": beta])
      try checks.check(
        means.count == channels && deviations.count == channels,
        "\(means.count) means and \(deviations.count) deviations of \(channels) channels, expected one of each")
      for (channel, (mean, deviation)) in zip(means, deviations).enumerated() {
        try checks.check(
          mean.isFinite && deviation > 0 && deviation.isFinite,
          "channel \(channel) has the mean \(mean) and the deviation \(deviation), expected finite numbers, the second "
            + "positive")
      }
    }
  }
}

extension SeriesVAE.Configuration: CustomStringConvertible {
  /// The values by name, in the order of their declaration.
  public var description: String { ConfigurationText.line(self) }
}
