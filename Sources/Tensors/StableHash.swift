/// FNV-1a (64 bits) with an avalanche step at its end: a hash that is the same in every process and
/// version. Part of the contract: splits, shards and caches go by it.
package struct StableHash {
  private var state: UInt64 = 0xCBF2_9CE4_8422_2325

  package init() {}

  package mutating func add(_ text: String) {
    add(bytes: text.utf8)
    add(byte: 0)
  }

  package mutating func add(_ word: UInt64) {
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      add(byte: UInt8(truncatingIfNeeded: word >> shift))
    }
  }

  package mutating func add(bytes: some Sequence<UInt8>) {
    for byte in bytes { add(byte: byte) }
  }

  private mutating func add(byte: UInt8) {
    state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
  }

  /// FNV-1a as it is, of which the low bits are well mixed only by what is done with it next.
  package var unfinished: UInt64 { state }

  /// Every bit depends on every byte.
  package var value: UInt64 { RandomStream.mix(state) }

  package static func of(_ text: String) -> UInt64 {
    var hash = StableHash()
    hash.add(text)
    return hash.value
  }
}
