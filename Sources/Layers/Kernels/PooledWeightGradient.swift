internal import CKernels
import Tensors

/// The gradient of a convolution's weights through max pooling: of each window only the position
/// that won has a gradient, so only its patch is added, and the products are as many times fewer as
/// a window has positions. Parts of the kernel in parts of the batch are tasks of their own.
///
/// Not for a normalisation in between, whose gradient reaches every position.
package struct PooledWeightGradient: Sendable {
  private let convolution: Convolution
  private let pool: AffineMaxPool

  /// Nil where windows are so small that the dense kernels do better.
  package init?(convolution: Convolution, pool: AffineMaxPool) {
    precondition(pool.input == convolution.output, "the pool reads what the convolution writes")
    guard pool.window.count >= 4 else { return nil }
    self.convolution = convolution
    self.pool = pool
  }

  /// Parts of the kernel whose sums a processor's registers hold.
  private var passes: Int {
    var c = convolution.c
    return vc_pooled_passes(&c, convolution.panelWidth)
  }

  /// Parts of the batch: with the passes enough tasks for many threads, and never a number that
  /// depends on them.
  private var shards: Int { min(8, (32 + passes - 1) / passes) }

  /// Floats of a pass's sums.
  private var passCount: Int {
    var c = convolution.c
    return vc_pooled_sums(&c, convolution.panelWidth)
  }

  /// Floats of scratch.
  package var scratchCount: Int { shards * passes * passCount }

  /// The gradient of the weights, `[O, I, kD, kH, kW]`, summed over the batch; `outputGradient` and
  /// `index` are the pool's, dense `[N, D', H', W', O]`.
  package func callAsFunction(
    batch: Int, input x: UnsafeRawPointer, outputGradient: UnsafePointer<Float>,
    index: UnsafePointer<UInt8>, gradient: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>, workers: WorkerPool
  ) {
    let kernel = InstructionSet.convolutions(convolution.input.element).pooled_weight_gradient!
    let width = convolution.panelWidth
    let (passes, shards, passCount) = (passes, shards, passCount)
    let sampleBytes = convolution.input.sampleBytes
    let pooledCount = pool.output.denseCount
    var (c, p) = (convolution.c, pool.c)
    withUnsafePointer(to: &c) { c in
      withUnsafePointer(to: &p) { p in
        workers.parallelFor(shards * passes) { task in
          let shard = task / passes
          var pass = vc_pooled_pass_at(c, width, task % passes)
          let sums = scratch + task * passCount
          sums.update(repeating: 0, count: passCount)
          for sample in stride(from: shard, to: batch, by: shards) {
            kernel(
              c, p, x + sample * sampleBytes, outputGradient + sample * pooledCount,
              index + sample * pooledCount, &pass, sums)
          }
        }
        workers.parallelFor(passes) { pass in
          VectorMath.addUp(
            scratch + pass * passCount, parts: shards, distance: passes * passCount,
            count: passCount)
        }
        let outputs = convolution.geometry.outputChannels
        workers.parallelFor(outputs) { output in
          vc_unpack_pooled(c, width, scratch, gradient, output, output + 1)
        }
      }
    }
  }
}
