package import CKernels
import Foundation

/// The compiled kernels that this process uses, chosen once at start-up.
public enum InstructionSet {
  /// `VIDCLASS_ISA` (avx512bf16, avx512, avx2, neon or generic) forces one; unknown or missing ones
  /// are ignored in favour of the best that this processor has. Unsafe only in name: it points at
  /// constants.
  nonisolated(unsafe) package static let kernels: UnsafePointer<vc_kernels> = {
    if let wanted = ProcessInfo.processInfo.environment["VIDCLASS_ISA"],
      let named = vc_kernels_named(wanted)
    {
      return named
    }
    return vc_kernels_best()
  }()

  /// "avx512bf16", "avx512", "avx2", "neon" or "generic".
  public static var name: String { String(cString: kernels.pointee.name) }

  /// Whether the processor has instructions for bf16; elsewhere its products are taken in fp32.
  public static var multipliesBF16: Bool { kernels.pointee.packed_bf16 == vc_bf16 }

  /// The kernels that read and write activations of one kind.
  package static func convolutions(_ element: Element) -> vc_convolutions {
    element == .bf16 ? kernels.pointee.bf16 : kernels.pointee.fp32
  }
}
