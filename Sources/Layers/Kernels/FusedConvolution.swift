internal import CKernels
import Tensors

/// Convolution → bias → ReLU → max pooling without the full convolution ever in memory: each task
/// computes what a few rows of one pooled depth need, into scratch that stays in the second cache,
/// then pools it. Without an index to remember, Winograd's kernels pool 2 × 2 positions on the way.
package struct FusedConvolution: Sendable {
  package let convolution: Convolution
  package let pool: AffineMaxPool
  /// Pooled rows of one task.
  private let rows: Int

  /// Floats of scratch that stay in cache beside weights and input: 256 KB.
  private static let cachedFloats = 1 << 16

  package init(convolution: Convolution, pool: AffineMaxPool) {
    precondition(pool.input == convolution.output, "the pool reads what the convolution writes")
    precondition(pool.input.halo == .zero, "the convolution's output has no halo")
    self.convolution = convolution
    self.pool = pool
    let row = pool.window.depth * pool.window.height * pool.input.extent.width * pool.input.channels
    rows = max(1, min(pool.output.extent.height, FusedConvolution.cachedFloats / row))
  }

  /// What one task convolves.
  private var slab: ActivationLayout {
    ActivationLayout(
      extent: Extent3(
        pool.window.depth, rows * pool.window.height, pool.input.extent.width),
      channels: pool.input.channels)
  }

  /// Floats of scratch, a worker.
  package var scratchCount: Int { slab.sampleCount + convolution.forwardScratch(part: slab) }

  /// Whether 2 × 2 positions can be pooled before they are written.
  private var poolsTiles: Bool {
    convolution.isWinograd && pool.window.height == 2 && pool.window.width == 2
  }

  /// `scale` and `shift` `[C]` are the pool's affine map; `index` is nil for inference, and then no
  /// scale is negative: the largest value before the map is the largest after it.
  package func forward(
    batch: Int, input x: UnsafeRawPointer, packed: UnsafePointer<Float>,
    scale: UnsafePointer<Float>, shift: UnsafePointer<Float>,
    output y: UnsafeMutableRawPointer, index: UnsafeMutablePointer<UInt8>?,
    scratch: UnsafeMutablePointer<Float>, workers: WorkerPool
  ) {
    let depths = pool.output.extent.depth
    let height = pool.output.extent.height
    let bands = (height + rows - 1) / rows
    let source = convolution.input
    let target = pool.output
    let stride = convolution.geometry.stride
    let inputDepth = pool.window.depth * stride.depth * source.planeCount
    let inputRow = pool.window.height * stride.height * source.rowCount
    let denseRow = target.extent.width * target.channels
    workers.parallelFor(batch * depths * bands) { task, worker in
      let sample = task / (depths * bands)
      let depth = task / bands % depths
      let row = task % bands * rows
      let place =
        (depth + target.halo.depth) * target.planeCount + (row + target.halo.height)
        * target.rowCount
      computeBand(
        rows: min(rows, height - row),
        input: x + sample * source.sampleBytes
          + (depth * inputDepth + row * inputRow) * source.element.bytes,
        packed: packed, scale: scale, shift: shift,
        output: y + sample * target.sampleBytes + place * target.element.bytes,
        index: index.map { $0 + sample * target.denseCount + (depth * height + row) * denseRow },
        work: scratch + worker * scratchCount)
    }
  }

  /// Some pooled rows of one depth; `output` begins at the first row, its halo on the left included.
  private func computeBand(
    rows: Int, input: UnsafeRawPointer, packed: UnsafePointer<Float>,
    scale: UnsafePointer<Float>, shift: UnsafePointer<Float>, output: UnsafeMutableRawPointer,
    index: UnsafeMutablePointer<UInt8>?, work: UnsafeMutablePointer<Float>
  ) {
    var slab = slab
    slab.extent.height = rows * pool.window.height
    let pooled = index == nil && poolsTiles
    var band = pool.output
    band.extent.depth = 1
    band.extent.height = rows
    band.halo.depth = 0
    band.halo.height = 0
    convolution.forward(
      part: slab, input: input, packed: packed, pooled: pooled, output: work,
      scratch: work + self.slab.sampleCount)
    var p = pool.c
    if pooled {
      slab.extent.height = rows
      slab.extent.width = band.extent.width
      (p.window_height, p.window_width) = (1, 1)
    }
    p.input = slab.c
    p.output = band.c
    InstructionSet.convolutions(band.element).pool_forward(
      &p, work, scale, shift, output, index, 0, 1)
  }
}
