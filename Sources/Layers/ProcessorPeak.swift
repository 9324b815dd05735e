internal import CKernels
import Tensors

/// What the processor's arithmetic can do at most, measured: fused multiply-adds on registers only.
public enum ProcessorPeak {
  /// GFLOP/s of all threads of a pool together, the best of some tries of a few hundredths of a
  /// second.
  public static func measure(pool: WorkerPool, tries: Int = 3) -> Double {
    let kernel = InstructionSet.kernels.pointee.peak!
    let rounds = 3_000_000
    let clock = ContinuousClock()
    var values = [Float](repeating: 1, count: 64)
    let flops = kernel(1, &values) * Double(rounds) * Double(pool.threads)
    var best = 0.0
    for _ in 0..<tries {
      let time = clock.measure {
        pool.parallelFor(pool.threads) { _ in
          withUnsafeTemporaryAllocation(of: Float.self, capacity: 64) { result in
            result.initialize(repeating: 1)
            _ = kernel(rounds, result.baseAddress)
          }
        }
      }
      best = max(best, flops / (time / .seconds(1)) / 1e9)
    }
    return best
  }
}
