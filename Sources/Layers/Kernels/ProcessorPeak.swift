internal import CKernels
import Tensors

/// What the processor's arithmetic can do at most, measured: fused multiply-adds on registers only.
/// For bf16, products of pairs; where there is no such instruction, the fused multiply-adds that
/// stand for it.
public enum ProcessorPeak {
  /// GFLOP/s of all threads of a pool together, in a few hundredths of a second.
  public static func measure(element: Element = .fp32, pool: WorkerPool) -> Double {
    let kernels = InstructionSet.kernels.pointee
    let kernel = element == .bf16 ? kernels.peak_bf16! : kernels.peak!
    let rounds = 3_000_000
    let clock = ContinuousClock()
    var values = [Float](repeating: 1, count: 64)
    let flops = kernel(1, &values) * Double(rounds) * Double(pool.threads)
    let time = clock.measure {
      pool.parallelFor(pool.threads) { _ in
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 64) { result in
          result.initialize(repeating: 1)
          _ = kernel(rounds, result.baseAddress)
        }
      }
    }
    return flops / (time / .seconds(1)) / 1e9
  }
}
