internal import CKernels
import Tensors

// The gradient of a convolution's weights: groups of panels in parts of the batch are tasks of their
// own.
extension Convolution {
  /// Floats of one shard's weight gradient, packed as the direct kernels do.
  private var shardCount: Int {
    panels(geometry.outputChannels) * panelWidth * geometry.patchCount
  }

  /// How Winograd's kernel cuts a sample for the weight gradient, and the panels.
  private var gradientBlock: vc_winograd_block {
    var c = gradientC
    return vc_winograd_gradient_block(&c, InstructionSet.kernels)
  }

  /// Floats of a group of panels of transformed weights.
  private var groupCount: Int {
    groupPanels * panelWidth * geometry.inputChannels * geometry.kernel.depth * 16
  }

  /// Panels of a group, each for a task of its own: so many that the sums of all parts of the batch
  /// stay in the last cache.
  private var groupPanels: Int {
    if isWinogradBackward { return gradientBlock.panels }
    let panels = panels(geometry.outputChannels)
    let sums = Convolution.virtualShards * shardCount * MemoryLayout<Float>.size
    var groups = 1
    while groups < Convolution.virtualShards, sums / groups > Convolution.cachedSums { groups *= 2 }
    return (panels + groups - 1) / groups
  }

  private static let cachedSums = 4 << 20

  private var panelGroups: Int {
    (panels(geometry.outputChannels) + groupPanels - 1) / groupPanels
  }

  /// Parts of the batch, each summed in order: with the groups of panels about as many tasks as
  /// `virtualShards`, and never a number that depends on the threads.
  private var shards: Int { max(1, Convolution.virtualShards / panelGroups) }

  /// Floats of scratch, a worker, beside the shards' sums.
  private var gradientScratch: Int {
    var c = gradientC
    guard isWinogradBackward else { return vc_weight_gradient_scratch(&c, InstructionSet.kernels) }
    var block = gradientBlock
    return groupCount + vc_winograd_scratch(&block)
  }

  /// Floats of scratch for `weightGradient`, for all shards together.
  package func weightGradientScratch(workers: Int) -> Int {
    shards * shardCount + workers * gradientScratch
  }

  /// Adds up one shard's weight gradient for a group of panels; both pointers are those of the first
  /// of `samples`.
  private func sumShard(
    _ shard: Int, group: Int, samples: Range<Int>, input x: UnsafeRawPointer,
    outputGradient: UnsafeRawPointer, sum: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let kernels = InstructionSet.convolutions(input.element)
    let layout = gradientLayout
    var c = gradientC
    let mine = samples.lazy.filter { $0 % shards == shard }.map { $0 - samples.lowerBound }
    let first = group * groupPanels
    let count = min(groupPanels, panels(geometry.outputChannels) - first)
    let size = panelWidth * geometry.patchCount
    let sum = sum + first * size
    guard isWinogradBackward else {
      if samples.lowerBound == 0 { sum.update(repeating: 0, count: count * size) }
      for place in mine {
        kernels.conv_weight_gradient(
          &c, x + place * input.sampleBytes, outputGradient + place * layout.sampleBytes, first,
          count, sum, scratch)
      }
      return
    }
    scratch.update(repeating: 0, count: groupCount)
    for place in mine {
      kernels.winograd_weight_gradient(
        &c, x + place * input.sampleBytes, outputGradient + place * layout.sampleBytes, first,
        count, scratch, scratch + groupCount)
    }
    InstructionSet.kernels.pointee.winograd_gradient(
      scratch, sum, count, geometry.inputChannels, geometry.kernel.depth)
  }

  /// Whether `sumWeightGradient` may be called with parts of a batch. Winograd's sums are
  /// transformed back once for each call, which parts would multiply.
  package var sumsParts: Bool { !isWinogradBackward }

  /// The gradient of the weights, `[O, I, kD, kH, kW]`, summed over the batch.
  package func weightGradient(
    batch: Int, input x: UnsafeRawPointer, outputGradient: UnsafeRawPointer,
    gradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    sumWeightGradient(
      samples: 0..<batch, input: x, outputGradient: outputGradient, scratch: scratch, pool: pool)
    finishWeightGradient(gradient, scratch: scratch, pool: pool)
  }

  /// Adds some samples, in order and from the first on, to the sums in `scratch`; both pointers are
  /// those of the first of them. The bits are those of the whole batch in one call.
  package func sumWeightGradient(
    samples: Range<Int>, input x: UnsafeRawPointer, outputGradient: UnsafeRawPointer,
    scratch: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    precondition(sumsParts || samples.lowerBound == 0, "these kernels take whole batches")
    let shards = shards
    let groups = panelGroups
    let work = scratch + shards * shardCount
    let size = gradientScratch
    pool.parallelFor(shards * groups) { task, worker in
      let shard = task / groups
      sumShard(
        shard, group: task % groups, samples: samples, input: x, outputGradient: outputGradient,
        sum: scratch + shard * shardCount, scratch: work + worker * size)
    }
  }

  /// The gradient of the weights, `[O, I, kD, kH, kW]`, from the sums in `scratch`.
  package func finishWeightGradient(
    _ gradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let shards = shards
    let panelCount = panels(geometry.outputChannels)
    let panelSize = shardCount / panelCount
    let kernelSize = geometry.kernel
    pool.parallelFor(panelCount) { panel in
      VectorMath.addUp(
        scratch + panel * panelSize, parts: shards, distance: shardCount, count: panelSize)
      vc_unpack_weights(
        scratch, gradient, geometry.outputChannels, geometry.inputChannels, kernelSize.depth,
        kernelSize.height, kernelSize.width, panelWidth, panel, panel + 1)
    }
  }
}
