internal import CKernels
import Tensors

/// Runs of values that lie without a gap, one after the other: rows of a volume, or blocks of a flat
/// sequence or vector.
package struct RowRun {
  /// Where it begins in a dense array of the whole batch, in values.
  package let dense: Int
  package let count: Int
  /// Clip and row of a volume; of other shapes both stay 0.
  let sample: Int
  let row: Int
  let isVolume: Bool

  /// Bytes from a buffer's start to this run.
  package func offset(in layout: ActivationLayout) -> Int {
    isVolume
      ? sample * layout.sampleBytes + layout.offset(ofRow: row) * layout.element.bytes
      : dense * MemoryLayout<Float>.size
  }
}

package enum RowLoop {
  /// Values of a run that is not a volume's row.
  private static let block = 1 << 14

  /// Calls `body` for each run of a batch of values of one shape, on all threads.
  package static func run(
    _ step: StepContext, _ value: Site.Value, _ body: (RowRun) -> Void
  ) {
    if case .volume = value.shape {
      let (rows, width) = (value.layout.rows, value.layout.rowValues)
      // Short rows are taken several at a time.
      let together = max(1, min(rows, 2048 / max(1, width)))
      let tasks = (rows + together - 1) / together
      step.pool.parallelFor(step.count * tasks) { task in
        let (sample, first) = (task / tasks, task % tasks * together)
        for row in first..<min(first + together, rows) {
          body(
            RowRun(
              dense: (sample * rows + row) * width, count: width, sample: sample, row: row,
              isVolume: true))
        }
      }
      return
    }
    let total = step.count * value.shape.count
    step.pool.parallelFor((total + block - 1) / block) { index in
      let begin = index * block
      body(
        RowRun(
          dense: begin, count: min(block, total - begin), sample: 0, row: 0, isVolume: false))
    }
  }

  /// Zeroes the halo of every clip of a volume.
  package static func clearHalo(_ step: StepContext, _ value: Site.Value) {
    guard case .volume = value.shape, value.layout.halo != .zero else { return }
    let start = step.memory.bytes(value.slot)
    step.pool.parallelFor(step.count) {
      value.layout.clearHalo(of: start + $0 * value.layout.sampleBytes)
    }
  }
}

extension Site.Value {
  /// The floats of a run, of a value that holds floats.
  package func floats(_ run: RowRun, _ step: StepContext) -> UnsafeMutablePointer<Float> {
    (UnsafeMutableRawPointer(step.memory.bytes(slot)) + run.offset(in: layout))
      .assumingMemoryBound(to: Float.self)
  }

  /// Lets `fill` write a run's floats, and rounds them where the value is kept in bf16.
  package func write(
    _ run: RowRun, _ step: StepContext, _ fill: (UnsafeMutablePointer<Float>) -> Void
  ) {
    if layout.element == .fp32 { return fill(floats(run, step)) }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: run.count) { values in
      guard let start = values.baseAddress else { return }
      fill(start)
      layout.storeRow(
        start, depth: run.row / layout.extent.height, height: run.row % layout.extent.height,
        in: UnsafeMutableRawPointer(step.memory.bytes(slot)) + run.sample * layout.sampleBytes)
    }
  }
}

extension Site.Value {
  /// Lets `body` read a run as floats, also where the value is kept in bf16.
  package func read(_ run: RowRun, _ step: StepContext, _ body: (UnsafePointer<Float>) -> Void) {
    if layout.element == .fp32 { return body(floats(run, step)) }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: run.count) { values in
      guard let start = values.baseAddress else { return }
      let place = UnsafeRawPointer(step.memory.bytes(slot)) + run.offset(in: layout)
      vc_from_bf16(place.assumingMemoryBound(to: UInt16.self), start, run.count)
      body(start)
    }
  }
}
