/// The arithmetic that is asked for.
public enum Precision: String, Sendable, CaseIterable, Codable {
  /// bf16 where this processor multiplies it itself, otherwise fp32.
  case auto
  /// Everything in 32-bit floats.
  case fp32
  /// What convolutions read and the products of large layers in bf16; sums, parameters, their
  /// gradients and the optimiser's state in 32-bit floats. Works on every processor.
  case bf16

  /// What `auto` comes to here.
  public var resolved: Precision {
    guard self == .auto else { return self }
    return InstructionSet.multipliesBF16 ? .bf16 : .fp32
  }

  /// How activations are stored.
  public var element: Element { resolved == .bf16 ? .bf16 : .fp32 }
}

/// How a value of an activation is stored.
public enum Element: Sendable, Hashable {
  /// IEEE 754, 32 bits.
  case fp32
  /// The upper half of a 32-bit float (Kalamkar et al. 2019): its range, and 8 bits of precision.
  case bf16

  /// Of one value in memory.
  public var bytes: Int { self == .bf16 ? 2 : 4 }
}
