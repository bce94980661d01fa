import Tensor

extension Context {
  /// The output of layers one after the other.
  ///
  /// In a model that is prepared for use, a dense layer or a convolution of images, the batch normalization behind it and
  /// then a simple activation are one pass; a ``Layer/reshape(to:)`` may stand before the normalization. The result has the
  /// same bits.
  ///
  /// ```swift
  /// let features = context.output(of: [enlarge, enlargeNorm, .relu], for: input)
  /// ```
  public func output(of layers: [any Layer], for input: Tensor) -> Tensor {
    guard preparation != nil else { return layers.reduce(input) { $1($0, in: self) } }
    var (output, rest) = (input, layers[...])
    while let next = rest.popFirst() {
      if let layer = next as? any ProductLayer, !output.isRecorded {
        let stage = Stage(behind: layer, rest)
        if let finish = finish(of: layer, stage.norm, stage.function, for: output) {
          output = layer.output(for: output, finish: finish, in: self)
          if let reshape = stage.reshape { output = reshape(output, in: self) }
          rest = rest.dropFirst(stage.count)
          continue
        }
      }
      output = next(output, in: self)
    }
    return output
  }

  /// What is done with the output of a layer in the same pass; nil if this context is not one of a prepared model, or if
  /// something is recorded.
  func finish(
    of layer: any ProductLayer, _ norm: BatchNorm? = nil, _ function: ChannelFinish.Function? = nil, for input: Tensor
  ) -> ChannelFinish? {
    guard let preparation, !input.isRecorded, preparation.holds(layer), norm.map(preparation.holds) ?? true
    else { return nil }
    let stage = Preparation.Stage(
      layer: ObjectIdentifier(layer), norm: norm.map { ObjectIdentifier($0) }, function: function)
    return preparation.finish(stage) {
      ChannelFinish(
        columns: layer.outputChannels, bias: layer.bias.map { self[$0] },
        normalization: norm.map {
          (self[$0.runningMean], self[$0.runningVariance], self[$0.scale], self[$0.offset], $0.epsilon)
        }, function: function)
    }
  }

  /// What can be done in one pass with a layer.
  private struct Stage {
    private(set) var reshape: Activation?
    private(set) var norm: BatchNorm?
    private(set) var function: ChannelFinish.Function?
    /// How many layers that is.
    private(set) var count = 0

    /// What of the layers behind `layer` can be done in one pass with it.
    init(behind layer: any ProductLayer, _ layers: ArraySlice<any Layer>) {
      var (rest, channels) = (layers, layer.outputChannels)
      if let reshape = rest.first as? Activation, case .reshape(let shape) = reshape.role, shape.rank > 0 {
        self.reshape = reshape
        (rest, channels) = (rest.dropFirst(), shape[-1])
      }
      if let norm = rest.first as? BatchNorm, norm.scale.shape[0] == channels, layer.outputChannels % channels == 0 {
        self.norm = norm
        rest = rest.dropFirst()
      }
      if let activation = rest.first as? Activation, case .function(let function) = activation.role,
        function.isKept
      {
        self.function = function
        rest = rest.dropFirst()
      }
      count = layers.count - rest.count
    }
  }
}

/// A layer that multiplies its input by a weight, after which a bias may be added: what comes then for each channel can be
/// done in the same pass.
protocol ProductLayer: Layer {
  /// `[outputChannels]`.
  var bias: Parameter? { get }
  /// The size of the output's last axis.
  var outputChannels: Int { get }
  /// The finished product, for an input that is not recorded, in a context that differentiates nothing.
  /// - Precondition: the input is one that the layer takes; this checks it.
  func output(for input: Tensor, finish: ChannelFinish, in context: Context) -> Tensor
}

extension ChannelFinish.Function {
  /// Whether it can be found again: a slope that is no number is not equal to itself.
  fileprivate var isKept: Bool { self == self }
}
