package import CKernels
import Tensors

/// Convolution in 1, 2 or 3 dimensions of activations `[N, D, H, W, C]`.
///
/// Forward and both gradients are implicit im2col + GEMM: the micro-kernel reads patches straight
/// from the padded activations. The input gradient of a strided convolution, whose patches do not
/// tile, goes by an explicit im2col matrix and OpenBLAS.
public struct Convolution: Sendable {
  public let geometry: ConvolutionGeometry
  /// Input, whose halo is at least the padding.
  public let input: ActivationLayout
  /// Output; halo as the consumer wants it.
  public let output: ActivationLayout

  /// Parts that a batch is always cut into for the weight gradient: each is summed in order, then
  /// they are joined by a fixed pairwise tree, so that no thread count changes the bits.
  public static let virtualShards = 8

  private let panelWidth: Int
  private let tilePositions: Int

  public init(geometry: ConvolutionGeometry, input: ActivationLayout, outputHalo: Extent3 = .zero) {
    guard let extent = geometry.outputExtent(of: input.extent) else {
      preconditionFailure("kernel \(geometry.kernel) does not fit input \(input.extent)")
    }
    precondition(input.channels == geometry.inputChannels, "input channels")
    precondition(
      input.halo.depth >= geometry.padding.depth && input.halo.height >= geometry.padding.height
        && input.halo.width >= geometry.padding.width, "halo smaller than the padding")
    self.geometry = geometry
    self.input = input
    output = ActivationLayout(
      extent: extent, channels: geometry.outputChannels, halo: outputHalo)
    panelWidth = InstructionSet.kernels.pointee.panel_width
    tilePositions = InstructionSet.kernels.pointee.tile_positions
  }

  // MARK: Packed weights

  private func panels(_ columns: Int) -> Int { (columns + panelWidth - 1) / panelWidth }

  /// Floats of packed weights for `forward`, and of one packed weight gradient.
  public var packedCount: Int {
    panels(geometry.outputChannels) * panelWidth * geometry.patchCount
  }

  /// Floats of packed weights for `inputGradient` with stride 1.
  public var packedTransposedCount: Int {
    panels(geometry.inputChannels) * panelWidth * geometry.outputChannels * geometry.kernel.count
  }

  /// Packs weights `[O, I, kD, kH, kW]`; `scale` `[O]` multiplies each output channel's, which is
  /// how batch normalisation is folded in for inference.
  public func pack(
    _ weights: UnsafePointer<Float>, scale: UnsafePointer<Float>? = nil,
    into packed: UnsafeMutablePointer<Float>, transposed: Bool = false, pool: WorkerPool
  ) {
    let count = panels(transposed ? geometry.inputChannels : geometry.outputChannels)
    let kernel = geometry.kernel
    pool.parallelFor(count) { panel in
      vc_pack_weights(
        weights, packed, geometry.outputChannels, geometry.inputChannels, kernel.depth,
        kernel.height, kernel.width, panelWidth, transposed ? 1 : 0, scale, panel, panel + 1)
    }
  }

  // MARK: Forward

  /// Positions that one task takes: whole tiles, few enough to share out evenly.
  private func block(_ positions: Int) -> Int {
    let tiles = max(1, min(32, (positions + tilePositions - 1) / tilePositions))
    return tiles * tilePositions
  }

  /// `output = relu?(input ∗ weights + bias)` for `batch` samples.
  public func forward(
    batch: Int, input x: UnsafePointer<Float>, packed: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, relu: Bool, output y: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let kernel = InstructionSet.kernels.pointee.conv_forward!
    let positions = output.extent.count
    let block = block(positions)
    let blocks = (positions + block - 1) / block
    var c = c
    withUnsafePointer(to: &c) { c in
      pool.parallelFor(batch * blocks) { task in
        let sample = task / blocks
        let begin = task % blocks * block
        kernel(
          c, x + sample * input.sampleCount, packed, bias, relu ? 1 : 0,
          y + sample * output.sampleCount, begin, min(begin + block, positions))
      }
    }
  }

  // MARK: Gradients

  /// The halo that `inputGradient` and `weightGradient` want around the output's gradient.
  public var gradientHalo: Extent3 {
    guard geometry.stride == .one else { return .zero }
    return Extent3(
      geometry.kernel.depth - 1 - geometry.padding.depth,
      geometry.kernel.height - 1 - geometry.padding.height,
      geometry.kernel.width - 1 - geometry.padding.width)
  }

  /// The layout of the output's gradient.
  public var gradientLayout: ActivationLayout { output.withHalo(gradientHalo) }

  /// Floats of scratch for `inputGradient` with this many workers.
  public func inputGradientScratch(workers: Int) -> Int {
    geometry.stride == .one ? 0 : geometry.weightCount + workers * workerScratch
  }

  private var workerScratch: Int { columnRows * geometry.patchCount + input.sampleCount }

  /// Rows of the explicit im2col matrix held at a time: about a quarter of a megabyte.
  private var columnRows: Int { max(1, min(output.extent.count, 65_536 / geometry.patchCount)) }

  /// The gradient at the input, dense `[N, D, H, W, C]`, from the one at the output.
  ///
  /// `weights` are `[O, I, kD, kH, kW]`, read only where the stride is not 1; `packed` are packed
  /// transposed.
  public func inputGradient(
    batch: Int, outputGradient: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    packed: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    if geometry.stride == .one {
      let backwards = Convolution(
        geometry: ConvolutionGeometry(
          kernel: geometry.kernel, padding: gradientHalo,
          inputChannels: geometry.outputChannels, outputChannels: geometry.inputChannels),
        input: gradientLayout)
      backwards.forward(
        batch: batch, input: outputGradient, packed: packed, bias: nil, relu: false,
        output: inputGradient, pool: pool)
      return
    }
    // Columns of the im2col matrix are [kD, kH, kW, I]; the weights are brought into that order.
    let taps = geometry.kernel.count
    for o in 0..<geometry.outputChannels {
      let at = o * geometry.patchCount
      vc_transpose(weights + at, scratch + at, geometry.inputChannels, taps)
    }
    var c = c
    withUnsafePointer(to: &c) { c in
      pool.parallelFor(batch) { sample, worker in
        stridedInputGradient(
          c, outputGradient: outputGradient + sample * output.denseCount, weights: scratch,
          inputGradient: inputGradient + sample * input.denseCount,
          scratch: scratch + geometry.weightCount + worker * workerScratch)
      }
    }
  }

  /// One sample by explicit im2col: `columns = dY · W`, scattered back by col2im.
  private func stridedInputGradient(
    _ c: UnsafePointer<vc_conv>, outputGradient: UnsafePointer<Float>,
    weights: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let padded = scratch + columnRows * geometry.patchCount
    padded.update(repeating: 0, count: input.sampleCount)
    for begin in stride(from: 0, to: output.extent.count, by: columnRows) {
      let rows = min(columnRows, output.extent.count - begin)
      MatrixProduct.multiply(
        m: rows, n: geometry.patchCount, k: geometry.outputChannels,
        a: outputGradient + begin * geometry.outputChannels, lda: geometry.outputChannels,
        b: weights, ldb: geometry.patchCount, c: scratch, ldc: geometry.patchCount)
      vc_col2im(c, scratch, padded, begin, begin + rows)
    }
    input.copyInterior(of: padded, to: inputGradient)
  }

  /// Floats of scratch for `weightGradient`, for all shards together.
  public var weightGradientScratch: Int {
    var c = gradientC
    return Convolution.virtualShards
      * (packedCount + vc_weight_gradient_scratch(&c, panelWidth))
  }

  /// The gradient of the weights, `[O, I, kD, kH, kW]`, summed over the batch.
  public func weightGradient(
    batch: Int, input x: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
    gradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let shards = Convolution.virtualShards
    let kernel = InstructionSet.kernels.pointee.conv_weight_gradient!
    let layout = gradientLayout
    var c = gradientC
    withUnsafePointer(to: &c) { c in
      let rowScratch = vc_weight_gradient_scratch(c, panelWidth)
      let rows = scratch + shards * packedCount
      pool.parallelFor(shards) { shard in
        let sum = scratch + shard * packedCount
        sum.update(repeating: 0, count: packedCount)
        for sample in stride(from: shard, to: batch, by: shards) {
          kernel(
            c, x + sample * input.sampleCount, outputGradient + sample * layout.sampleCount, sum,
            rows + shard * rowScratch)
        }
      }
    }
    let panelCount = panels(geometry.outputChannels)
    let panelSize = packedCount / panelCount
    let kernelSize = geometry.kernel
    pool.parallelFor(panelCount) { panel in
      let first = scratch + panel * panelSize
      var span = 1
      while span < shards {
        for shard in stride(from: 0, to: shards, by: 2 * span) {
          VectorMath.add(
            first + (shard + span) * packedCount, to: first + shard * packedCount,
            count: panelSize)
        }
        span *= 2
      }
      vc_unpack_weights(
        scratch, gradient, geometry.outputChannels, geometry.inputChannels, kernelSize.depth,
        kernelSize.height, kernelSize.width, panelWidth, panel, panel + 1)
    }
  }

  // MARK: C

  package var c: vc_conv { c(output: output) }

  private var gradientC: vc_conv { c(output: gradientLayout) }

  private func c(output: ActivationLayout) -> vc_conv {
    vc_conv(
      input: input.c, output: output.c, kernel_depth: geometry.kernel.depth,
      kernel_height: geometry.kernel.height, kernel_width: geometry.kernel.width,
      stride_depth: geometry.stride.depth, stride_height: geometry.stride.height,
      stride_width: geometry.stride.width, pad_depth: geometry.padding.depth,
      pad_height: geometry.padding.height, pad_width: geometry.padding.width)
  }
}
