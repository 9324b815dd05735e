import Layers
import Networks
import Tensors

/// One convolution of a workload on random values, with all that its passes need.
final class ConvolutionTrial {
  /// Multiplications and additions of the definition, a batch.
  let flops: Double

  private let convolution: Convolution
  private let pooled: PooledWeightGradient?
  private let pool: AffineMaxPool
  private let batch: Int
  private let workers: WorkerPool
  private let arena: Arena
  /// As the convolution reads them, with their halos.
  private let input, outputGradient: UnsafeMutablePointer<Float>
  private let output, inputGradient: UnsafeMutablePointer<Float>
  private let weights, weightGradient, packed, packedTransposed: UnsafeMutablePointer<Float>
  private let pooledGradient, scratch: UnsafeMutablePointer<Float>
  private let index: [UInt8]

  init(
    _ layer: Architecture.ConvolutionLayer, batch: Int, method: Convolution.Method,
    element: Element, workers: WorkerPool
  ) throws {
    let geometry = layer.geometry
    let convolution = Convolution(
      geometry: geometry,
      input: ActivationLayout(
        extent: layer.input, channels: geometry.inputChannels, halo: geometry.halo,
        element: element),
      method: method)
    let pool = AffineMaxPool(window: layer.window, relu: true, input: convolution.output)
    // As a network trains: the dense gradient only where somebody asks for direct kernels, or a
    // normalisation does.
    pooled =
      method == .fewestProducts && !layer.isNormalised
      ? PooledWeightGradient(convolution: convolution, pool: pool) : nil
    let threads = workers.threads
    let values = [batch * pool.output.denseCount, geometry.weightCount]
    let others = [
      batch * convolution.input.sampleCount, batch * convolution.gradientLayout.sampleCount,
      batch * convolution.output.sampleCount, batch * convolution.input.denseCount,
      geometry.weightCount, convolution.packedCount,
      convolution.packedTransposedCount,
      max(
        convolution.forwardScratch(workers: threads),
        convolution.inputGradientScratch(workers: threads),
        convolution.weightGradientScratch(workers: threads), pooled?.scratchCount ?? 0),
    ]
    let slack = Arena.readSlack / MemoryLayout<Float>.size
    let arena = try Arena(
      byteCount: (values + others).reduce(0) { $0 + $1 + slack } * MemoryLayout<Float>.size)
    var offset = 0
    let buffers = (values + others).map { size -> UnsafeMutablePointer<Float> in
      defer { offset += (size + slack) * MemoryLayout<Float>.size }
      return arena.floats(at: offset, count: size).baseAddress!
    }
    var random = RandomStream(seed: 0, purpose: .test)
    for (buffer, size) in zip(buffers, values) {
      for position in 0..<size { buffer[position] = random.uniform(-1, 1) }
    }
    for (buffer, layout) in zip(buffers[2...], [convolution.input, convolution.gradientLayout]) {
      let dense = (0..<layout.denseCount).map { _ in random.uniform(-1, 1) }
      let elements = UnsafeMutableRawPointer(buffer)
      for sample in 0..<batch { layout.pad(dense, into: elements + sample * layout.sampleBytes) }
    }
    index = (0..<values[0]).map { _ in
      UInt8(truncatingIfNeeded: random.next() % UInt64(layer.window.count))
    }
    (pooledGradient, weights, input, outputGradient) = (
      buffers[0], buffers[1], buffers[2], buffers[3]
    )
    (output, inputGradient, weightGradient) = (buffers[4], buffers[5], buffers[6])
    (packed, packedTransposed, scratch) = (buffers[7], buffers[8], buffers[9])
    convolution.pack(weights, into: packed, pool: workers)
    convolution.pack(weights, into: packedTransposed, transposed: true, pool: workers)
    flops = Double(geometry.flops(output: convolution.output.extent)) * Double(batch)
    self.convolution = convolution
    self.pool = pool
    self.batch = batch
    self.workers = workers
    self.arena = arena
  }

  /// How the products of a pass are taken, and how many times fewer than the definition's are done.
  func method(_ pass: KernelBenchmark.Pass) -> (name: String, saving: Double) {
    if pass == .weightGradient, pooled != nil { return ("pooled", Double(pool.window.count)) }
    return (pass == .forward ? convolution.isWinograd : convolution.isWinogradBackward)
      ? ("winograd", Convolution.winogradSaving) : ("direct", 1)
  }

  /// What the products of a pass are made of: those of pooled gradients are always floats.
  func arithmetic(_ pass: KernelBenchmark.Pass) -> Element {
    pass == .weightGradient && pooled != nil ? .fp32 : convolution.input.element
  }

  func run(_ pass: KernelBenchmark.Pass) {
    switch pass {
    case .forward:
      convolution.forward(
        batch: batch, input: input, packed: packed, bias: nil, relu: true, output: output,
        scratch: scratch, pool: workers)
    case .inputGradient:
      convolution.inputGradient(
        batch: batch, outputGradient: outputGradient, weights: weights, packed: packedTransposed,
        inputGradient: inputGradient, scratch: scratch, pool: workers)
    case .weightGradient:
      if let pooled {
        pooled(
          batch: batch, input: input, outputGradient: pooledGradient, index: index,
          gradient: weightGradient, scratch: scratch, workers: workers)
      } else {
        convolution.weightGradient(
          batch: batch, input: input, outputGradient: outputGradient, gradient: weightGradient,
          scratch: scratch, pool: workers)
      }
    }
  }
}
