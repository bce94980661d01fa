import LatentSystem

// The updates of the optimizers in one pass over memory, in place where the storage is not shared.

extension Tensor {
  /// One step of Adam along `gradient`: `self = self · decay - stepSize · m / (√v · rootCorrection + epsilon)`.
  package mutating func updateByAdam(
    _ gradient: Tensor, mean: inout Tensor, square: inout Tensor, beta1: Float, beta2: Float, stepSize: Float,
    rootCorrection: Float, epsilon: Float, decay: Float
  ) {
    require(
      square.shape == shape, "optimizer: parameter \(shape) and moment \(square.shape) must have one shape")
    update(gradient, &mean, &square) { parameter, mean, square, gradient, count in
      kernels.updates.adam(
        parameter, mean, square, gradient, count, beta1, beta2, stepSize, rootCorrection, epsilon, decay)
    }
  }

  /// One step of gradient descent with momentum along `gradient`.
  package mutating func updateBySGD(
    _ gradient: Tensor, velocity: inout Tensor, rate: Float, momentum: Float, isNesterov: Bool
  ) {
    var unused = Tensor.empty
    update(gradient, &velocity, &unused) { parameter, velocity, _, gradient, count in
      kernels.updates.sgd(parameter, velocity, gradient, count, rate, momentum, isNesterov)
    }
  }

  /// One step of RMSProp along `gradient`.
  package mutating func updateByRMSProp(
    _ gradient: Tensor, square: inout Tensor, rate: Float, decay: Float, epsilon: Float
  ) {
    var unused = Tensor.empty
    update(gradient, &square, &unused) { parameter, square, _, gradient, count in
      kernels.updates.rmsProp(parameter, square, gradient, count, rate, decay, epsilon)
    }
  }

  private mutating func update(
    _ gradient: Tensor, _ first: inout Tensor, _ second: inout Tensor,
    _ body: (
      UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UnsafePointer<Float>, Int
    ) -> Void
  ) {
    require(
      gradient.shape == shape && first.shape == shape,
      "optimizer: parameter \(shape), gradient \(gradient.shape) and moment \(first.shape) must have one shape")
    let isSecondUsed = second.shape == shape
    withMutableScalars { parameter in
      first.withMutableScalars { first in
        second.withMutableScalars { second in
          guard let p = parameter.baseAddress, let a = first.baseAddress, let b = second.baseAddress else { return }
          Elementwise.forEachChunk(parameter.count) { range in
            let start = range.lowerBound
            body(p + start, a + start, isSecondUsed ? b + start : b, gradient.pointer + start, range.count)
          }
        }
      }
    }
  }
}
