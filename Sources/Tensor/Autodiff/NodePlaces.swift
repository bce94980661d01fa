/// Where nodes stand in a backward walk: a table for one walk, because nodes, which several walks may visit at once, keep
/// nothing of it.
///
/// Open addressing with linear probing: for a node that was recorded in a microsecond, the standard dictionary is slow.
struct NodePlaces {
  /// The place of a node that was met, but leads to no target, or not yet.
  static let none = -1

  /// Addresses of nodes; 0 where a slot is free. The count is a power of two.
  private var keys: [UInt]
  private var values: [Int]
  private var used = 0

  init() {
    keys = Array(repeating: 0, count: 64)
    values = Array(repeating: Self.none, count: 64)
  }

  /// Notes that a node was met.
  /// - Returns: Whether this was the first time.
  mutating func enter(_ node: Node) -> Bool {
    if 2 * used >= keys.count { grow() }
    let key = Self.key(node)
    let slot = slot(of: key)
    guard keys[slot] == 0 else { return false }
    keys[slot] = key
    used += 1
    return true
  }

  /// The place of a node, or ``none``.
  subscript(node: Node) -> Int {
    get {
      let key = Self.key(node)
      let slot = slot(of: key)
      return keys[slot] == key ? values[slot] : Self.none
    }
    set {
      // Only of nodes that were entered.
      values[slot(of: Self.key(node))] = newValue
    }
  }

  private static func key(_ node: Node) -> UInt { UInt(bitPattern: Unmanaged.passUnretained(node).toOpaque()) }

  /// The slot that holds `key`, or the free one where it belongs.
  private func slot(of key: UInt) -> Int {
    // The upper bits of the product depend on all bits of the address.
    let mask = keys.count - 1
    var slot = Int(truncatingIfNeeded: (UInt64(key) &* 0x9e37_79b9_7f4a_7c15) >> 32) & mask
    while keys[slot] != 0 && keys[slot] != key { slot = (slot + 1) & mask }
    return slot
  }

  private mutating func grow() {
    let (oldKeys, oldValues) = (keys, values)
    keys = Array(repeating: 0, count: 4 * oldKeys.count)
    values = Array(repeating: Self.none, count: 4 * oldKeys.count)
    for (key, value) in zip(oldKeys, oldValues) where key != 0 {
      let slot = slot(of: key)
      keys[slot] = key
      values[slot] = value
    }
  }
}
