import Tensor

/// A part of a network: a final class whose stored `let` properties are parameters, buffers and other modules.
///
/// A module is structure and holds no numbers, so it can be used from many tasks at once. ``Network`` finds its parts by
/// their property names, through superclasses, arrays, optionals and dictionaries.
public protocol Module: AnyObject, Sendable {}

/// A module with one tensor in and one tensor out.
///
/// ```swift
/// final class Residual: Layer {
///   let inner: any Layer
///   init(_ inner: any Layer) { self.inner = inner }
///   func callAsFunction(_ input: Tensor, in context: Context) -> Tensor { input + inner(input, in: context) }
/// }
/// ```
public protocol Layer: Module {
  /// The output for `input`, with the numbers of `context`.
  func callAsFunction(_ input: Tensor, in context: Context) -> Tensor
}

/// A module in which, in training, a sample's result depends on the other samples of its batch, as in ``BatchNorm``.
///
/// A mark without requirements. A procedure that needs samples by themselves, a penalty on each sample's gradient for
/// instance, asks ``Network/mixesSamples(in:)`` for it. Sums over the batch pass through ``Context/reduction``.
public protocol MixingSamples: Module {}
