internal import CKernels
import Tensors

// Convolution → residual → clamp in one pass over the output.
extension Convolution {
  package func infer(
    batch: Int, input x: UnsafeRawPointer, packed: UnsafePointer<Float>,
    finish: ConvolutionFinish, output y: UnsafeMutableRawPointer, layout: ActivationLayout,
    scratch: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    guard isWinograd else {
      return inferDirectly(
        batch: batch, input: x, packed: packed, finish: finish, output: y, layout: layout,
        pool: pool)
    }
    guard layout.element == .fp32 else {
      return inferBands(
        batch: batch, input: x, packed: packed, finish: finish, output: y, layout: layout,
        scratch: scratch, pool: pool)
    }
    inferTiles(
      batch: batch, input: x, packed: packed, finish: finish, output: y, layout: layout,
      scratch: scratch, pool: pool)
  }

  /// Positions of a task, so that what they read stays in the second cache beside the weights.
  private var directBlock: Int {
    let tile = InstructionSet.kernels.pointee.tile_positions
    let patch = max(1, geometry.kernel.width * geometry.inputChannels)
    let tiles = max(1, min(32, 32_768 / patch / tile))
    return tiles * tile
  }

  private func inferDirectly(
    batch: Int, input x: UnsafeRawPointer, packed: UnsafePointer<Float>,
    finish: ConvolutionFinish, output y: UnsafeMutableRawPointer, layout: ActivationLayout,
    pool: WorkerPool
  ) {
    let kernel = InstructionSet.convolutions(input.element).conv_finished!
    let positions = output.extent.count
    let block = directBlock
    let blocks = (positions + block - 1) / block
    var c = c(output: layout)
    var other = (finish.residualLayout ?? layout).c
    withUnsafePointer(to: &c) { c in
      withUnsafePointer(to: &other) { other in
        pool.parallelFor(batch * blocks) { task in
          let (sample, begin) = (task / blocks, task % blocks * block)
          kernel(
            c, x + sample * input.sampleBytes, packed, finish.bias,
            finish.residual(of: sample), other, finish.low, finish.high,
            y + sample * layout.sampleBytes, begin, min(begin + block, positions))
        }
      }
    }
  }

  /// Winograd's tiles write floats where they belong; what is more than a rectifier follows while
  /// they are in the cache.
  private func inferTiles(
    batch: Int, input x: UnsafeRawPointer, packed: UnsafePointer<Float>,
    finish: ConvolutionFinish, output y: UnsafeMutableRawPointer, layout: ActivationLayout,
    scratch: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let kernel = InstructionSet.convolutions(input.element).winograd_forward!
    let tiles = Convolution.tiles(layout)
    let block = forwardBlock(layout).tiles
    let blocks = (tiles + block - 1) / block
    let size = forwardScratch(part: layout)
    let isPlain = finish.residual == nil && finish.high == .infinity
    let relu = isPlain && finish.low == 0
    var c = c(output: layout)
    withUnsafePointer(to: &c) { c in
      pool.parallelFor(batch * blocks) { task, worker in
        let (sample, begin) = (task / blocks, task % blocks * block)
        let range = begin..<min(begin + block, tiles)
        let target = (y + sample * layout.sampleBytes).assumingMemoryBound(to: Float.self)
        kernel(
          c, x + sample * input.sampleBytes, packed, finish.bias, relu ? 1 : 0, 0, target,
          range.lowerBound, range.upperBound, scratch + worker * size)
        if !isPlain { finishTiles(range, finish, sample: sample, target, layout) }
      }
    }
  }

  /// Residual and bounds for the outputs of some tiles, in place.
  private func finishTiles(
    _ range: Range<Int>, _ finish: ConvolutionFinish, sample: Int,
    _ target: UnsafeMutablePointer<Float>, _ layout: ActivationLayout
  ) {
    let across = (layout.extent.width + 1) / 2
    var tile = range.lowerBound
    while tile < range.upperBound {
      let (row, column) = (tile / across, tile % across)
      let count = min(across - column, range.upperBound - tile)
      let first = 2 * column
      let positions = min(2 * count, layout.extent.width - first)
      for depth in 0..<layout.extent.depth {
        for height in 2 * row..<min(2 * row + 2, layout.extent.height) {
          finish.apply(
            row: depth * layout.extent.height + height, from: first, count: positions,
            sample: sample, source: nil, target: target, layout: layout)
        }
      }
      tile += count
    }
  }

  /// Some rows of a depth at a time through scratch: for outputs that are rounded.
  private func inferBands(
    batch: Int, input x: UnsafeRawPointer, packed: UnsafePointer<Float>,
    finish: ConvolutionFinish, output y: UnsafeMutableRawPointer, layout: ActivationLayout,
    scratch: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let rows = bandRows
    let height = layout.extent.height
    let bands = (height + rows - 1) / rows
    let size = bandScratch
    pool.parallelFor(batch * layout.extent.depth * bands) { task, worker in
      let sample = task / (layout.extent.depth * bands)
      let depth = task / bands % layout.extent.depth
      let first = task % bands * rows
      var part = bandLayout
      part.extent.height = min(rows, height - first)
      let work = scratch + worker * size
      let offset = (depth * input.planeCount + first * input.rowCount) * input.element.bytes
      forward(
        part: part, input: x + sample * input.sampleBytes + offset, packed: packed, pooled: false,
        output: work, scratch: work + bandLayout.sampleCount)
      for row in 0..<part.extent.height {
        finish.apply(
          row: depth * height + first + row, from: 0, count: layout.extent.width, sample: sample,
          source: work + row * part.rowValues, bias: true,
          target: y + sample * layout.sampleBytes, layout: layout)
      }
    }
  }

  private var bandRows: Int {
    max(1, min(output.extent.height, (1 << 16) / max(1, output.rowValues)))
  }

  private var bandLayout: ActivationLayout {
    ActivationLayout(
      extent: Extent3(1, bandRows, output.extent.width), channels: output.channels)
  }

  /// Floats of scratch for `infer`.
  func inferenceScratch(workers: Int) -> Int {
    isWinograd ? workers * max(forwardScratch(part: output), bandScratch) : 0
  }

  /// Floats of scratch a worker for `inferBands`.
  private var bandScratch: Int { bandLayout.sampleCount + forwardScratch(part: bandLayout) }
}

extension ConvolutionFinish {
  /// The residual's clip.
  func residual(of sample: Int) -> UnsafeRawPointer? {
    residual.map { $0 + sample * (residualLayout?.sampleBytes ?? 0) }
  }

  /// Finishes positions of one row: those in `source`, or in place where there is none.
  func apply(
    row: Int, from first: Int, count: Int, sample: Int, source: UnsafePointer<Float>?,
    bias withBias: Bool = false, target: UnsafeMutableRawPointer, layout: ActivationLayout
  ) {
    let channels = layout.channels
    let place = target + (layout.offset(ofRow: row) + first * channels) * layout.element.bytes
    let other = residualLayout.flatMap { other in
      residual(of: sample).map {
        $0 + (other.offset(ofRow: row) + first * channels) * other.element.bytes
      }
    }
    InstructionSet.kernels.pointee.finish(
      source ?? UnsafePointer(place.assumingMemoryBound(to: Float.self)), withBias ? bias : nil,
      other, residualLayout?.element == .bf16 ? 1 : 0, low, high, place,
      layout.element == .bf16 ? 1 : 0, count, channels)
  }
}
