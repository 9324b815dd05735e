import ClipSampling

/// Clips ready for the network, in a buffer that the loader reuses.
///
/// Valid until the loader's following `next()`, `start` or `stop`; written by no one meanwhile.
public final class Batch {
  /// Position in the epoch, from 0.
  public internal(set) var number = 0
  /// Clips in this batch, at most the loader's batch size.
  public internal(set) var count = 0
  /// `[batchSize, frames, height, width, channels]`, the first `count` of them filled; aligned to
  /// 64 bytes.
  package let inputs: UnsafeMutableBufferPointer<Float>
  /// Values of one clip.
  public let inputSize: Int
  /// Class index of each clip.
  public internal(set) var labels: [Int]
  /// With mixing: the class of the clip blended in; otherwise equal to `labels`.
  public internal(set) var secondLabels: [Int]
  /// Share of the first label: 1 without mixing.
  public internal(set) var firstShares: [Float]
  /// Positions in the loader's list of clips.
  public internal(set) var clipIndices: [Int]

  init(capacity: Int, inputSize: Int) {
    self.inputSize = inputSize
    let bytes = max(64, capacity * inputSize * MemoryLayout<Float>.stride)
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    inputs = UnsafeMutableBufferPointer(
      start: raw.bindMemory(to: Float.self, capacity: capacity * inputSize),
      count: capacity * inputSize)
    inputs.initialize(repeating: 0)
    labels = [Int](repeating: 0, count: capacity)
    secondLabels = labels
    firstShares = [Float](repeating: 1, count: capacity)
    clipIndices = labels
  }

  deinit { UnsafeMutableRawPointer(inputs.baseAddress)?.deallocate() }

  /// Calls `body` with the inputs of the first `count` clips,
  /// `[count, frames, height, width, channels]`.
  public func withInputs<Result, Failure: Error>(
    _ body: (Span<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeBufferPointer(rebasing: inputs[..<(count * inputSize)]).span)
  }

  /// Input of the clip at `position`, `[frames, height, width, channels]`.
  package func input(at position: Int) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(rebasing: inputs[position * inputSize..<(position + 1) * inputSize])
  }

  /// Target probabilities, `[count, classes]`.
  ///
  /// - Parameter smoothing: share spread evenly over all classes.
  public func targets(classes: Int, smoothing: Float = 0) -> [Float] {
    var targets = [Float](repeating: smoothing / Float(classes), count: count * classes)
    for position in 0..<count {
      let row = position * classes
      targets[row + labels[position]] += (1 - smoothing) * firstShares[position]
      targets[row + secondLabels[position]] += (1 - smoothing) * (1 - firstShares[position])
    }
    return targets
  }

  /// Closes the gaps of clips that failed, keeping the order.
  func compact(keeping filled: [Bool]) {
    var kept = 0
    for position in filled.indices where filled[position] {
      if kept != position {
        input(at: kept).baseAddress?.update(
          from: input(at: position).baseAddress ?? inputs.baseAddress!, count: inputSize)
        labels[kept] = labels[position]
        clipIndices[kept] = clipIndices[position]
      }
      kept += 1
    }
    count = kept
  }
}
