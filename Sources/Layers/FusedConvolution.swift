internal import CKernels
import Tensors

/// Convolution → bias → ReLU → max pooling without the full convolution ever in memory: each task
/// computes the few depths of one pooled depth into scratch that stays in cache, then pools them.
public struct FusedConvolution: Sendable {
  public let convolution: Convolution
  public let pool: AffineMaxPool

  public init(convolution: Convolution, pool: AffineMaxPool) {
    precondition(pool.input == convolution.output, "the pool reads what the convolution writes")
    precondition(pool.input.halo == .zero, "the convolution's output has no halo")
    self.convolution = convolution
    self.pool = pool
  }

  /// Floats of scratch, a worker.
  public var scratchCount: Int {
    pool.window.depth * convolution.output.extent.height * convolution.output.extent.width
      * convolution.output.channels
  }

  /// `scale` and `shift` `[C]` are the pool's affine map; `index` is nil for inference.
  public func forward(
    batch: Int, input x: UnsafePointer<Float>, packed: UnsafePointer<Float>,
    scale: UnsafePointer<Float>, shift: UnsafePointer<Float>,
    output y: UnsafeMutablePointer<Float>, index: UnsafeMutablePointer<UInt8>?,
    scratch: UnsafeMutablePointer<Float>, workers: WorkerPool
  ) {
    let convolve = InstructionSet.kernels.pointee.conv_forward!
    let reduce = InstructionSet.kernels.pointee.pool_forward!
    let depths = pool.output.extent.depth
    var slab = convolution.output
    slab.extent.depth = pool.window.depth
    let inputStep =
      pool.window.depth * convolution.geometry.stride.depth * convolution.input.planeCount
    let outputPlane = pool.output.planeCount
    let indexPlane = pool.output.denseCount / depths
    var c = convolution.c
    c.output = slab.c
    var p = pool.c
    p.input = slab.c
    withUnsafePointer(to: &c) { c in
      withUnsafePointer(to: &p) { p in
        workers.parallelFor(batch * depths) { task, worker in
          let sample = task / depths
          let depth = task % depths
          let work = scratch + worker * scratchCount
          convolve(
            c, x + sample * convolution.input.sampleCount + depth * inputStep, packed, nil, 0, work,
            0, slab.extent.count)
          reduce(
            p, work, scale, shift, y + sample * pool.output.sampleCount + depth * outputPlane,
            index.map { $0 + sample * pool.output.denseCount + depth * indexPlane }, 0, 1)
        }
      }
    }
  }
}
