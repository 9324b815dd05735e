package import CKernels
import Tensors

/// Convolution in 1, 2 or 3 dimensions of activations `[N, D, H, W, C]`.
///
/// Forward and both gradients are implicit im2col + GEMM: the micro-kernel reads patches straight
/// from the padded activations. Most 3 × 3 kernels go by Winograd F(2×2, 3×3) with 2.25 times fewer
/// multiplications, unless the exact way is asked for. The input gradient of a strided convolution,
/// whose patches do not tile, goes by an explicit im2col matrix and OpenBLAS.
///
/// The element of the input's layout decides the arithmetic of the products: in bf16 the input, the
/// packed weights and the gradient at the output are of that kind; sums, outputs and gradients of
/// weights are floats.
package struct Convolution: ConvolutionEngine {
  package let geometry: ConvolutionGeometry
  /// Input, whose halo is at least the padding.
  package let input: ActivationLayout
  /// Output; halo as the consumer wants it.
  package let output: ActivationLayout

  /// Tasks that a weight gradient is always cut into, more or less: parts of the batch are summed
  /// in order, then joined by a fixed pairwise tree, so that no thread count changes the bits.
  package static let virtualShards = 8

  /// How products are taken.
  package enum Method: Sendable, CaseIterable {
    /// Every multiplication of the definition.
    case direct
    /// Winograd's minimal filtering where the shape allows and gains.
    case fewestProducts
  }

  /// Output channels of the products from which Winograd's transforms cost less than they save.
  package static let winogradChannels = 16

  /// How many times fewer multiplications Winograd's kernels do.
  package static let winogradSaving = 2.25

  /// Whether Winograd's kernels are used forward.
  package let isWinograd: Bool
  /// Whether Winograd's kernels are used in both gradients.
  package let isWinogradBackward: Bool

  /// The kernels for the input's elements.
  private var kernels: vc_convolutions { InstructionSet.convolutions(input.element) }

  let panelWidth: Int
  private let tilePositions: Int

  package init(
    geometry: ConvolutionGeometry, input: ActivationLayout, outputHalo: Extent3 = .zero,
    method: Method = .fewestProducts
  ) {
    guard let extent = geometry.outputExtent(of: input.extent) else {
      preconditionFailure("kernel \(geometry.kernel) does not fit input \(input.extent)")
    }
    precondition(input.channels == geometry.inputChannels, "input channels")
    precondition(geometry.isPlain, "groups and dilation are for other kernels")
    let halo = geometry.halo
    precondition(
      input.halo.depth >= halo.depth && input.halo.height >= halo.height
        && input.halo.width >= halo.width, "halo smaller than the padding")
    self.geometry = geometry
    self.input = input
    output = ActivationLayout(
      extent: extent, channels: geometry.outputChannels, halo: outputHalo)
    panelWidth = InstructionSet.kernels.pointee.panel_width
    tilePositions = InstructionSet.kernels.pointee.tile_positions
    isWinograd =
      method == .fewestProducts && geometry.kernel.height == 3 && geometry.kernel.width == 3
      && geometry.stride == .one && geometry.inputChannels > 1
      && geometry.padding == geometry.paddingAfter
      && geometry.outputChannels >= Convolution.winogradChannels
    isWinogradBackward = isWinograd && geometry.inputChannels >= Convolution.winogradChannels
  }

  // MARK: Packed weights

  func panels(_ columns: Int) -> Int { (columns + panelWidth - 1) / panelWidth }

  /// What weights are packed as.
  private var packedElement: vc_element {
    input.element == .bf16 ? InstructionSet.kernels.pointee.packed_bf16 : vc_fp32
  }

  /// Words of packed weights, of floats or pairs of bf16, between these channels.
  private func packedWords(from inputs: Int, to outputs: Int, winograd: Bool) -> Int {
    let kernel = geometry.kernel
    let runs = winograd ? 16 : kernel.depth * kernel.height
    let run = inputs * (winograd ? kernel.depth : kernel.width)
    let perWord = packedElement == vc_bf16 ? 2 : 1
    return panels(outputs) * panelWidth * runs * ((run + perWord - 1) / perWord)
  }

  /// Words (of a float's size) of packed weights for `forward`.
  package var packedCount: Int {
    packedWords(
      from: geometry.inputChannels, to: geometry.outputChannels, winograd: isWinograd)
  }

  /// Words of packed weights for `inputGradient` with stride 1.
  package var packedTransposedCount: Int {
    packedWords(
      from: geometry.outputChannels, to: geometry.inputChannels, winograd: isWinogradBackward)
  }

  /// Packs weights `[O, I, kD, kH, kW]`; `scale` `[O]` multiplies each output channel's, which is
  /// how batch normalisation is folded in for inference.
  package func pack(
    _ weights: UnsafePointer<Float>, scale: UnsafePointer<Float>? = nil,
    into packed: UnsafeMutablePointer<Float>, transposed: Bool = false, pool: WorkerPool
  ) {
    let count = panels(transposed ? geometry.inputChannels : geometry.outputChannels)
    let kernel = geometry.kernel
    let winograd = transposed ? isWinogradBackward : isWinograd
    pool.parallelFor(count) { panel in
      if winograd {
        vc_winograd_pack(
          weights, packed, packedElement, geometry.outputChannels, geometry.inputChannels,
          kernel.depth,
          panelWidth, transposed ? 1 : 0, scale, panel, panel + 1)
      } else {
        vc_pack_weights(
          weights, packed, packedElement, geometry.outputChannels, geometry.inputChannels,
          kernel.depth, kernel.height, kernel.width, panelWidth, transposed ? 1 : 0, scale, panel,
          panel + 1)
      }
    }
  }

  // MARK: Forward

  /// Positions that one task takes: whole tiles, few enough to share out evenly.
  private func block(_ positions: Int) -> Int {
    let tiles = max(1, min(32, (positions + tilePositions - 1) / tilePositions))
    return tiles * tilePositions
  }

  /// Tiles of 2 × 2 outputs, at all depths, that Winograd's kernels cut an output into.
  static func tiles(_ output: ActivationLayout) -> Int {
    (output.extent.height + 1) / 2 * ((output.extent.width + 1) / 2)
  }

  /// How Winograd's kernel cuts `part`, which is `output` or as wide.
  func forwardBlock(_ part: ActivationLayout) -> vc_winograd_block {
    var c = c(output: part)
    return vc_winograd_forward_block(&c, InstructionSet.kernels)
  }

  /// Floats of scratch for `forward` with this many workers.
  package func forwardScratch(workers: Int) -> Int { workers * forwardScratch(part: output) }

  /// Floats of scratch for `forward(part:)`.
  func forwardScratch(part: ActivationLayout) -> Int {
    guard isWinograd else { return 0 }
    var block = forwardBlock(part)
    return vc_winograd_scratch(&block)
  }

  /// A part of the output on its own, laid out as `part`; its patches begin at `x`.
  ///
  /// - Parameter pooled: writes only the largest of each 2 × 2 positions, dense: Winograd's kernels
  ///   have them in registers.
  func forward(
    part: ActivationLayout, input x: UnsafeRawPointer, packed: UnsafePointer<Float>,
    pooled: Bool, output y: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    precondition(isWinograd || !pooled, "direct kernels do not pool")
    let kernels = kernels
    var c = c(output: part)
    if isWinograd {
      kernels.winograd_forward(
        &c, x, packed, nil, 0, pooled ? 1 : 0, y, 0, Convolution.tiles(part), scratch)
    } else {
      kernels.conv_forward(&c, x, packed, nil, 0, y, 0, part.extent.count)
    }
  }

  /// `output = relu?(input ∗ weights + bias)` for `batch` samples.
  package func forward(
    batch: Int, input x: UnsafeRawPointer, packed: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, relu: Bool, output y: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    if isWinograd {
      return winogradForward(
        batch: batch, input: x, packed: packed, bias: bias, relu: relu, output: y,
        scratch: scratch, pool: pool)
    }
    let kernel = kernels.conv_forward!
    let positions = output.extent.count
    let block = block(positions)
    let blocks = (positions + block - 1) / block
    var c = c
    withUnsafePointer(to: &c) { c in
      pool.parallelFor(batch * blocks) { task in
        let sample = task / blocks
        let begin = task % blocks * block
        kernel(
          c, x + sample * input.sampleBytes, packed, bias, relu ? 1 : 0,
          y + sample * output.sampleCount, begin, min(begin + block, positions))
      }
    }
  }

  private func winogradForward(
    batch: Int, input x: UnsafeRawPointer, packed: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, relu: Bool, output y: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let kernel = kernels.winograd_forward!
    let tiles = Convolution.tiles(output)
    let block = forwardBlock(output).tiles
    let blocks = (tiles + block - 1) / block
    let size = forwardScratch(part: output)
    var c = c
    withUnsafePointer(to: &c) { c in
      pool.parallelFor(batch * blocks) { task, worker in
        let sample = task / blocks
        let begin = task % blocks * block
        kernel(
          c, x + sample * input.sampleBytes, packed, bias, relu ? 1 : 0, 0,
          y + sample * output.sampleCount, begin, min(begin + block, tiles),
          scratch + worker * size)
      }
    }
  }

  // MARK: Gradients

  /// The halo that `inputGradient` and `weightGradient` want around the output's gradient.
  package var gradientHalo: Extent3 {
    geometry.stride == .one ? backwardsGeometry.halo : .zero
  }

  /// Of the input gradient of stride 1: the kernel flipped, the padding what is left of it.
  private var backwardsGeometry: ConvolutionGeometry {
    func rest(_ padding: Extent3) -> Extent3 {
      Extent3(
        geometry.kernel.depth - 1 - padding.depth, geometry.kernel.height - 1 - padding.height,
        geometry.kernel.width - 1 - padding.width)
    }
    return ConvolutionGeometry(
      kernel: geometry.kernel, padding: rest(geometry.padding),
      inputChannels: geometry.outputChannels, outputChannels: geometry.inputChannels,
      paddingAfter: rest(geometry.paddingAfter))
  }

  /// The layout of the output's gradient.
  package var gradientLayout: ActivationLayout {
    output.withHalo(gradientHalo).with(input.element)
  }

  /// The input gradient of stride 1 as a convolution of the output's gradient.
  private var backwards: Convolution {
    Convolution(
      geometry: backwardsGeometry, input: gradientLayout,
      method: isWinogradBackward ? .fewestProducts : .direct)
  }

  /// Floats of scratch for `inputGradient` with this many workers.
  package func inputGradientScratch(workers: Int) -> Int {
    geometry.stride == .one
      ? backwards.forwardScratch(workers: workers)
      : geometry.weightCount + workers * workerScratch
  }

  private var workerScratch: Int {
    columnRows * (geometry.patchCount + (input.element == .bf16 ? geometry.outputChannels : 0))
      + input.sampleCount
  }

  /// Rows of the explicit im2col matrix held at a time: about a quarter of a megabyte.
  private var columnRows: Int { max(1, min(output.extent.count, 65_536 / geometry.patchCount)) }

  /// The gradient at the input, dense `[N, D, H, W, C]`, from the one at the output.
  ///
  /// `weights` are `[O, I, kD, kH, kW]`, read only where the stride is not 1; `packed` are packed
  /// transposed.
  package func inputGradient(
    batch: Int, outputGradient: UnsafeRawPointer, weights: UnsafePointer<Float>,
    packed: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    if geometry.stride == .one {
      backwards.forward(
        batch: batch, input: outputGradient, packed: packed, bias: nil, relu: false,
        output: inputGradient, scratch: scratch, pool: pool)
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
          c, outputGradient: outputGradient + sample * gradientLayout.sampleBytes,
          weights: scratch,
          inputGradient: inputGradient + sample * input.denseCount,
          scratch: scratch + geometry.weightCount + worker * workerScratch)
      }
    }
  }

  /// One sample by explicit im2col: `columns = dY · W`, scattered back by col2im.
  private func stridedInputGradient(
    _ c: UnsafePointer<vc_conv>, outputGradient: UnsafeRawPointer, weights: UnsafePointer<Float>,
    inputGradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    let padded = scratch + columnRows * geometry.patchCount
    let widened = padded + input.sampleCount
    padded.update(repeating: 0, count: input.sampleCount)
    for begin in stride(from: 0, to: output.extent.count, by: columnRows) {
      let rows = min(columnRows, output.extent.count - begin)
      let elements = outputGradient + begin * geometry.outputChannels * input.element.bytes
      var gradient = elements.assumingMemoryBound(to: Float.self)
      if input.element == .bf16 {
        vc_from_bf16(
          elements.assumingMemoryBound(to: UInt16.self), widened, rows * geometry.outputChannels)
        gradient = UnsafePointer(widened)
      }
      MatrixProduct.multiply(
        m: rows, n: geometry.patchCount, k: geometry.outputChannels, a: gradient,
        lda: geometry.outputChannels, b: weights, ldb: geometry.patchCount, c: scratch,
        ldc: geometry.patchCount)
      vc_col2im(c, scratch, padded, begin, begin + rows)
    }
    input.copyInterior(of: padded, to: inputGradient)
  }

  // MARK: C

  package var c: vc_conv { c(output: output) }

  var gradientC: vc_conv { c(output: gradientLayout) }

  func c(output: ActivationLayout) -> vc_conv {
    vc_conv(
      input: input.c, output: output.c, kernel_depth: geometry.kernel.depth,
      kernel_height: geometry.kernel.height, kernel_width: geometry.kernel.width,
      stride_depth: geometry.stride.depth, stride_height: geometry.stride.height,
      stride_width: geometry.stride.width, pad_depth: geometry.padding.depth,
      pad_height: geometry.padding.height, pad_width: geometry.padding.width)
  }
}
