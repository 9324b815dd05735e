/// The arithmetic that is asked for.
public enum Precision: String, Sendable, CaseIterable, Codable {
  /// The fastest that this processor has kernels for.
  case auto
  case fp32
  case bf16

  /// What `auto` comes to here.
  ///
  /// - Throws: `.unsupported` for arithmetic that this processor has no kernels for.
  public func resolved() throws(TensorError) -> Precision {
    guard self == .bf16 else { return .fp32 }
    throw TensorError(
      code: .unsupported,
      message: "--precision bf16: there are no bf16 kernels for this processor "
        + "(\(InstructionSet.name)); use auto or fp32")
  }
}
