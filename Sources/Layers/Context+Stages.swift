import Tensor

extension Context {
  /// The output of layers one after the other.
  ///
  /// A dense layer or a convolution of images and a simple activation behind it are one pass, and one operation of the
  /// graph; so are, in training, a batch normalization and its activation, and in a model that is prepared for use a layer,
  /// the normalization behind it and the activation. A ``Layer/reshape(to:)`` may stand behind the first layer. The result
  /// has the same bits, and so have first derivatives.
  ///
  /// ```swift
  /// let features = context.output(of: [enlarge, enlargeNorm, .relu], for: input)
  /// ```
  public func output(of layers: [any Layer], for input: Tensor) -> Tensor {
    var (output, rest) = (input, layers[...])
    while let next = rest.popFirst() {
      if let norm = next as? BatchNorm {
        let function = Self.function(in: rest)
        output = norm.output(for: output, then: function, in: self)
        if function != nil { rest.removeFirst() }
        continue
      }
      guard let layer = next as? any ProductLayer else {
        output = next(output, in: self)
        continue
      }
      let preparation = preparation(of: layer, for: output)
      let stage = Stage(behind: layer, rest) { preparation?.holds($0) ?? false }
      let finish = finish(of: layer, stage.norm, stage.function, for: output)
      output = layer.output(for: output, finish: finish, in: self)
      if let reshape = stage.reshape { output = reshape(output, in: self) }
      rest = rest.dropFirst(stage.count)
    }
    return output
  }

  /// What is done with the output of a layer in the same pass; nil for nothing.
  ///
  /// - Parameters:
  ///   - norm: with running statistics, of a prepared model.
  ///   - function: the last step.
  ///   - input: the layer's.
  /// - Precondition: the input is one that the layer takes; this checks it.
  func finish(
    of layer: any ProductLayer, _ norm: BatchNorm? = nil, _ function: ChannelFinish.Function? = nil, for input: Tensor
  ) -> ChannelFinish? {
    layer.check(input)
    guard let preparation = preparation(of: layer, for: input) else {
      return layer.bias == nil && function == nil ? nil : makeFinish(of: layer, norm, function, isKept: false)
    }
    let stage = Preparation.Stage(
      layer: ObjectIdentifier(layer), norm: norm.map { ObjectIdentifier($0) }, function: function)
    return preparation.finish(stage) { makeFinish(of: layer, norm, function, isKept: true) }
  }

  private func makeFinish(
    of layer: any ProductLayer, _ norm: BatchNorm?, _ function: ChannelFinish.Function?, isKept: Bool
  ) -> ChannelFinish {
    ChannelFinish(
      columns: layer.outputChannels, bias: layer.bias.map { self[$0] },
      normalization: norm.map {
        (self[$0.runningMean], self[$0.runningVariance], self[$0.scale], self[$0.offset], $0.epsilon)
      }, function: function, isKept: isKept)
  }

  /// The function that comes first, if it is one that can be joined with what is before it.
  private static func function(in layers: ArraySlice<any Layer>) -> ChannelFinish.Function? {
    guard let activation = layers.first as? Activation, case .function(let function) = activation.role,
      function.isToldByItsValue
    else { return nil }
    return function
  }

  /// Where what is made for a layer is kept: nowhere if this context is not one of a prepared model that the layer belongs
  /// to, or if something is recorded.
  private func preparation(of layer: any ProductLayer, for input: Tensor) -> Preparation? {
    preparation.flatMap { !input.isRecorded && $0.holds(layer) ? $0 : nil }
  }

  /// What can be done in one pass with a layer.
  private struct Stage {
    private(set) var reshape: Activation?
    private(set) var norm: BatchNorm?
    private(set) var function: ChannelFinish.Function?
    /// How many layers that is.
    private(set) var count = 0

    /// What of the layers behind `layer` can be done in one pass with it.
    /// - Parameter isGiven: whether the statistics of a normalization are given, and it can be one of them.
    init(behind layer: any ProductLayer, _ layers: ArraySlice<any Layer>, isGiven: (BatchNorm) -> Bool) {
      var (rest, channels) = (layers, layer.outputChannels)
      if let reshape = rest.first as? Activation, case .reshape(let shape) = reshape.role, shape.rank > 0 {
        self.reshape = reshape
        (rest, channels) = (rest.dropFirst(), shape[-1])
      }
      if let norm = rest.first as? BatchNorm, norm.scale.shape[0] == channels, layer.outputChannels % channels == 0,
        isGiven(norm)
      {
        self.norm = norm
        rest = rest.dropFirst()
      }
      function = Context.function(in: rest)
      count = layers.count - rest.count + (function == nil ? 0 : 1)
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
  /// Stops the program if the input is none that the layer takes.
  func check(_ input: Tensor)
  /// The finished product, its bias included.
  /// - Parameter finish: what else is done; nil for nothing, of a layer without a bias.
  /// - Precondition: the input is one that the layer takes.
  func output(for input: Tensor, finish: ChannelFinish?, in context: Context) -> Tensor
}
