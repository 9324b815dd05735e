/// Ways to damage a sound file, the same on every run.
public struct Damage {
  private let sound: [UInt8]
  private var state: UInt64

  public init(_ sound: [UInt8], seed: UInt64) {
    precondition(!sound.isEmpty, "there is something to damage")
    self.sound = sound
    state = seed
  }

  /// One bit or one byte changed anywhere; sometimes up to eight of them.
  public mutating func flipped() -> [UInt8] {
    var bytes = sound
    for _ in 0..<(random(4) == 0 ? 2 + random(7) : 1) {
      let place = random(bytes.count)
      bytes[place] = random(2) == 0 ? bytes[place] ^ 1 << random(8) : UInt8(random(256))
    }
    return bytes
  }

  /// Cut off anywhere.
  public mutating func cut() -> [UInt8] { Array(sound.prefix(random(sound.count))) }

  /// A number below `bound` (a linear congruential generator).
  private mutating func random(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % bound
  }
}
