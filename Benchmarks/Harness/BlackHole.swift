/// Consumes a value, so that the optimizer cannot drop the computation that made it.
@inline(never) @_optimize(none)
public func blackHole<Value>(_ value: Value) {}

/// Returns its argument, so that the optimizer cannot fold a constant input into the measured code.
@inline(never) @_optimize(none)
public func identity<Value>(_ value: Value) -> Value { value }
