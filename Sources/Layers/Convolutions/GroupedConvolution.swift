internal import CKernels
import Tensors

/// A convolution with groups or dilation by an explicit im2col matrix of some rows and OpenBLAS: right
/// for any geometry, and not the fastest.
package struct GroupedConvolution: ConvolutionEngine {
  package let geometry: ConvolutionGeometry
  package let input: ActivationLayout
  package let output: ActivationLayout

  package init(geometry: ConvolutionGeometry, input: ActivationLayout) {
    guard let extent = geometry.outputExtent(of: input.extent) else {
      preconditionFailure("kernel \(geometry.kernel) does not fit input \(input.extent)")
    }
    self.geometry = geometry
    self.input = input
    output = ActivationLayout(extent: extent, channels: geometry.outputChannels)
  }

  /// Channels of a group.
  private var inputs: Int { geometry.inputChannels / geometry.groups }
  private var outputs: Int { geometry.outputChannels / geometry.groups }
  private var taps: Int { geometry.kernel.count }
  /// Positions whose patches are held at a time: about a quarter of a megabyte.
  private var rows: Int { max(1, min(output.extent.count, 65_536 / geometry.patchCount)) }

  package var gradientLayout: ActivationLayout { output }
  package var packedCount: Int { geometry.weightCount }
  package var packedTransposedCount: Int { geometry.weightCount }

  /// `[O, I, kD, kH, kW]` to `[O, kD, kH, kW, I]`, the order of a patch.
  package func pack(
    _ weights: UnsafePointer<Float>, scale: UnsafePointer<Float>?,
    into packed: UnsafeMutablePointer<Float>, transposed: Bool, pool: WorkerPool
  ) {
    for channel in 0..<geometry.outputChannels {
      let begin = channel * geometry.patchCount
      vc_transpose(weights + begin, packed + begin, inputs, taps)
      guard let scale else { continue }
      for index in begin..<begin + geometry.patchCount { packed[index] *= scale[channel] }
    }
  }

  /// The positions of a clip, block by block: where each tap of a position lies inside the input.
  private func eachTap(
    _ positions: Range<Int>, _ body: (_ position: Int, _ tap: Int, _ at: Int?) -> Void
  ) {
    let (kernel, stride, extent) = (geometry.kernel, geometry.stride, output.extent)
    for position in positions {
      let d = position / (extent.height * extent.width) * stride.depth - geometry.padding.depth
      let h = position / extent.width % extent.height * stride.height - geometry.padding.height
      let w = position % extent.width * stride.width - geometry.padding.width
      var tap = 0
      for kd in 0..<kernel.depth {
        for kh in 0..<kernel.height {
          for kw in 0..<kernel.width {
            let z = d + kd * geometry.dilation.depth
            let y = h + kh * geometry.dilation.height
            let x = w + kw * geometry.dilation.width
            let isInside =
              z >= 0 && y >= 0 && x >= 0 && z < input.extent.depth && y < input.extent.height
              && x < input.extent.width
            body(
              position, tap,
              isInside ? (z * input.extent.height + y) * input.extent.width + x : nil)
            tap += 1
          }
        }
      }
    }
  }

  /// Patches of a group, `[rows, taps, I]`.
  private func gather(
    _ positions: Range<Int>, group: Int, from clip: UnsafeRawPointer,
    into columns: UnsafeMutablePointer<Float>
  ) {
    eachTap(positions) { position, tap, at in
      let target =
        columns + (position - positions.lowerBound) * geometry.patchCount + tap * inputs
      guard let at else { return target.update(repeating: 0, count: inputs) }
      let (row, column) = (at / input.extent.width, at % input.extent.width)
      let place =
        clip
        + (input.offset(ofRow: row) + column * input.channels + group * inputs)
        * input.element.bytes
      switch input.element {
      case .fp32: target.update(from: place.assumingMemoryBound(to: Float.self), count: inputs)
      case .bf16: vc_from_bf16(place.assumingMemoryBound(to: UInt16.self), target, inputs)
      }
    }
  }

  // MARK: Forward

  /// Patches, and sums of a block of positions.
  package func forwardScratch(workers: Int) -> Int {
    workers * rows * (geometry.patchCount + geometry.outputChannels)
  }

  package func infer(
    batch: Int, input x: UnsafeRawPointer, packed: UnsafePointer<Float>,
    finish: ConvolutionFinish, output y: UnsafeMutableRawPointer, layout: ActivationLayout,
    scratch: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let blocks = (output.extent.count + rows - 1) / rows
    let size = rows * (geometry.patchCount + geometry.outputChannels)
    pool.parallelFor(batch * blocks) { task, worker in
      let sample = task / blocks
      let positions = block(task % blocks)
      let columns = scratch + worker * size
      let sums = columns + rows * geometry.patchCount
      for group in 0..<geometry.groups {
        gather(positions, group: group, from: x + sample * input.sampleBytes, into: columns)
        MatrixProduct.multiply(
          m: positions.count, n: outputs, k: geometry.patchCount, a: columns,
          lda: geometry.patchCount, b: packed + group * outputs * geometry.patchCount,
          ldb: geometry.patchCount, transposeB: true, c: sums + group * outputs,
          ldc: geometry.outputChannels)
      }
      for position in positions {
        let (row, column) = (position / layout.extent.width, position % layout.extent.width)
        finish.apply(
          row: row, from: column, count: 1, sample: sample,
          source: sums + (position - positions.lowerBound) * geometry.outputChannels, bias: true,
          target: y + sample * layout.sampleBytes, layout: layout)
      }
    }
  }

  private func block(_ number: Int) -> Range<Int> {
    number * rows..<min((number + 1) * rows, output.extent.count)
  }

  // MARK: Gradients

  package func inputGradientScratch(workers: Int) -> Int { workers * rows * geometry.patchCount }

  package func inputGradient(
    batch: Int, outputGradient: UnsafeRawPointer, weights: UnsafePointer<Float>,
    packed: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let dy = outputGradient.assumingMemoryBound(to: Float.self)
    pool.parallelFor(batch) { sample, worker in
      let columns = scratch + worker * rows * geometry.patchCount
      let clip = inputGradient + sample * input.denseCount
      clip.update(repeating: 0, count: input.denseCount)
      for number in 0..<(output.extent.count + rows - 1) / rows {
        let positions = block(number)
        for group in 0..<geometry.groups {
          MatrixProduct.multiply(
            m: positions.count, n: geometry.patchCount, k: outputs,
            a: dy + sample * output.denseCount + positions.lowerBound * geometry.outputChannels
              + group * outputs, lda: geometry.outputChannels,
            b: packed + group * outputs * geometry.patchCount, ldb: geometry.patchCount,
            c: columns, ldc: geometry.patchCount)
          eachTap(positions) { position, tap, at in
            guard let at else { return }
            VectorMath.add(
              columns + (position - positions.lowerBound) * geometry.patchCount + tap * inputs,
              to: clip + at * input.channels + group * inputs, count: inputs)
          }
        }
      }
    }
  }

  package var sumsParts: Bool { true }

  package func weightGradientScratch(workers: Int) -> Int {
    Convolution.virtualShards * geometry.weightCount + workers * rows * geometry.patchCount
  }

  package func sumWeightGradient(
    samples: Range<Int>, input x: UnsafeRawPointer, outputGradient: UnsafeRawPointer,
    scratch: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let dy = outputGradient.assumingMemoryBound(to: Float.self)
    let shards = Convolution.virtualShards
    let work = scratch + shards * geometry.weightCount
    pool.parallelFor(shards) { shard, worker in
      let sum = scratch + shard * geometry.weightCount
      let columns = work + worker * rows * geometry.patchCount
      if samples.lowerBound == 0 { sum.update(repeating: 0, count: geometry.weightCount) }
      for sample in samples where sample % shards == shard {
        let place = sample - samples.lowerBound
        for number in 0..<(output.extent.count + rows - 1) / rows {
          let positions = block(number)
          for group in 0..<geometry.groups {
            gather(positions, group: group, from: x + place * input.sampleBytes, into: columns)
            MatrixProduct.multiply(
              m: outputs, n: geometry.patchCount, k: positions.count,
              a: dy + place * output.denseCount + positions.lowerBound * geometry.outputChannels
                + group * outputs, lda: geometry.outputChannels, transposeA: true, b: columns,
              ldb: geometry.patchCount, beta: 1,
              c: sum + group * outputs * geometry.patchCount, ldc: geometry.patchCount)
          }
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
    for channel in 0..<geometry.outputChannels {
      let begin = channel * geometry.patchCount
      vc_transpose(scratch + begin, gradient + begin, taps, inputs)
    }
  }
}
