import LatentSystem
import Layers

// What a training takes of memory whatever its samples are: a system ends a process that takes more than there is without
// a word.

extension Trainer {
  /// The bytes that the parameters take with their optimizers' moments. Gradients, of which networks that learn in turns do
  /// not have all at once, what a step computes on its way, and moving averages come on top.
  var leastMemory: Double {
    let moments = model.makeOptimizers(learningRate: learningRate).values.map(Self.momentCount).min() ?? 0
    return Double(model.network.parameterCount) * Double(MemoryLayout<Float>.stride * (1 + moments))
  }

  /// How many numbers an optimizer remembers of each parameter at least.
  private static func momentCount(_ optimizer: any Optimizer) -> Int {
    switch optimizer {
    case is Adam: 2
    case is Adagrad, is Lion, is RMSProp: 1
    default: 0
    }
  }

  /// Checks that the parameters alone do not take more memory than this process may use.
  /// - Throws: ``TrainingError/tooLarge(parameterCount:bytes:memory:)``.
  func checkMemory(_ memory: Int = Machine.memory) throws {
    let bytes = leastMemory
    guard bytes > Double(memory) else { return }
    throw TrainingError.tooLarge(
      parameterCount: model.network.parameterCount, bytes: Int(min(bytes, 9e18)), memory: memory)
  }
}
