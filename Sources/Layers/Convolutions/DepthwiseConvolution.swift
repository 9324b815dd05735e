internal import CKernels
import Tensors

/// A convolution with a kernel of its own for each channel (Sifre 2014): as many multiplications a
/// value as the kernel has taps, so that memory decides and not arithmetic.
package struct DepthwiseConvolution: ConvolutionEngine {
  package let geometry: ConvolutionGeometry
  package let input: ActivationLayout
  package let output: ActivationLayout

  package init(geometry: ConvolutionGeometry, input: ActivationLayout) {
    precondition(geometry.isDepthwise, "one kernel a channel")
    guard let extent = geometry.outputExtent(of: input.extent) else {
      preconditionFailure("kernel \(geometry.kernel) does not fit input \(input.extent)")
    }
    self.geometry = geometry
    self.input = input
    output = ActivationLayout(extent: extent, channels: geometry.outputChannels)
  }

  private var channels: Int { geometry.outputChannels }
  private var taps: Int { geometry.kernel.count }

  package var gradientLayout: ActivationLayout { output }
  package var packedCount: Int { geometry.weightCount }
  package var packedTransposedCount: Int { geometry.weightCount }

  /// `[C, 1, kD, kH, kW]` to `[kD, kH, kW, C]`.
  package func pack(
    _ weights: UnsafePointer<Float>, scale: UnsafePointer<Float>?,
    into packed: UnsafeMutablePointer<Float>, transposed: Bool, pool: WorkerPool
  ) {
    for channel in 0..<channels {
      let factor = scale?[channel] ?? 1
      for tap in 0..<taps {
        packed[tap * channels + channel] = weights[channel * taps + tap] * factor
      }
    }
  }

  // MARK: Forward

  package func forwardScratch(workers: Int) -> Int { 0 }

  package func infer(
    batch: Int, input x: UnsafeRawPointer, packed: UnsafePointer<Float>,
    finish: ConvolutionFinish, output y: UnsafeMutableRawPointer, layout: ActivationLayout,
    scratch: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let kernel = InstructionSet.kernels.pointee.depthwise_forward!
    precondition(finish.residual == nil, "residuals are added elsewhere")
    let tasks = Tasks(rows: layout.rows, work: layout.rowValues * taps)
    var c = c(output: layout)
    withUnsafePointer(to: &c) { c in
      pool.parallelFor(batch * tasks.count) { task in
        let (sample, part) = (task / tasks.count, tasks[task % tasks.count])
        kernel(
          c, x + sample * input.sampleBytes, packed, finish.bias, finish.low, finish.high,
          y + sample * layout.sampleBytes, part.lowerBound, part.upperBound)
      }
    }
  }

  // MARK: Gradients

  package func inputGradientScratch(workers: Int) -> Int { 0 }

  package func inputGradient(
    batch: Int, outputGradient: UnsafeRawPointer, weights: UnsafePointer<Float>,
    packed: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let kernel = InstructionSet.kernels.pointee.depthwise_input_gradient!
    let dy = outputGradient.assumingMemoryBound(to: Float.self)
    let tasks = Tasks(rows: input.rows, work: input.rowValues * taps)
    var c = c(output: output)
    withUnsafePointer(to: &c) { c in
      pool.parallelFor(batch * tasks.count) { task in
        let (sample, part) = (task / tasks.count, tasks[task % tasks.count])
        kernel(
          c, packed, dy + sample * output.denseCount, inputGradient + sample * input.denseCount,
          part.lowerBound, part.upperBound)
      }
    }
  }

  package var sumsParts: Bool { true }

  package func weightGradientScratch(workers: Int) -> Int {
    Convolution.virtualShards * geometry.weightCount
  }

  package func sumWeightGradient(
    samples: Range<Int>, input x: UnsafeRawPointer, outputGradient: UnsafeRawPointer,
    scratch: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let kernel = InstructionSet.kernels.pointee.depthwise_weight_gradient!
    let dy = outputGradient.assumingMemoryBound(to: Float.self)
    let shards = Convolution.virtualShards
    var c = c(output: output)
    withUnsafePointer(to: &c) { c in
      pool.parallelFor(shards) { shard in
        let sum = scratch + shard * geometry.weightCount
        if samples.lowerBound == 0 { sum.update(repeating: 0, count: geometry.weightCount) }
        for sample in samples where sample % shards == shard {
          let place = sample - samples.lowerBound
          kernel(c, x + place * input.sampleBytes, dy + place * output.denseCount, sum)
        }
      }
    }
  }

  package func finishWeightGradient(
    _ gradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    VectorMath.addUp(
      scratch, parts: Convolution.virtualShards, distance: geometry.weightCount,
      count: geometry.weightCount)
    vc_transpose(scratch, gradient, taps, channels)
  }

  private func c(output: ActivationLayout) -> vc_conv { vc_conv(geometry, input, output) }

  /// Rows shared out so that a task is worth its while.
  private struct Tasks {
    let rows: Int
    let together: Int
    let count: Int

    init(rows: Int, work: Int) {
      self.rows = rows
      together = max(1, min(rows, (1 << 17) / max(1, work)))
      count = (rows + together - 1) / together
    }

    subscript(index: Int) -> Range<Int> {
      index * together..<min((index + 1) * together, rows)
    }
  }
}

extension vc_conv {
  init(_ geometry: ConvolutionGeometry, _ input: ActivationLayout, _ output: ActivationLayout) {
    self.init(
      input: input.c, output: output.c, kernel_depth: geometry.kernel.depth,
      kernel_height: geometry.kernel.height, kernel_width: geometry.kernel.width,
      stride_depth: geometry.stride.depth, stride_height: geometry.stride.height,
      stride_width: geometry.stride.width, pad_depth: geometry.padding.depth,
      pad_height: geometry.padding.height, pad_width: geometry.padding.width)
  }
}
