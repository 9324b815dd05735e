import Layers

extension Architecture {
  /// The same network as it reads one frame at a time and carries its memory from each to the next, so
  /// that what it says after a frame depends on all frames before and on none behind: a picture network
  /// on every frame, recurrent layers that go forward in time, and the last step.
  ///
  /// Nil for any other: convolutions over time, layers that go both ways, and heads that weigh all
  /// steps need a stretch of time as a whole.
  package func readingFrameByFrame() throws(NetworkError) -> Architecture? {
    let places = try graph().places
    guard input.frames > 1, places.contains(where: { $0.layer.layer is any CellLayer }),
      places.allSatisfy({ $0.layer.isCausal })
    else { return nil }
    var architecture = self
    architecture.input.frames = 1
    try architecture.validate()
    return architecture
  }
}

extension PlacedLayer {
  /// Whether each step of what it gives depends on no later step of what it reads.
  fileprivate var isCausal: Bool {
    let frames = inputs.compactMap(\.frames)
    if inputs.allSatisfy({ if case .vector = $0 { true } else { false } }) { return true }
    if let output = output.frames, frames.count == inputs.count {
      return layer.worksByFrame(inputs) && frames.allSatisfy { $0 == output }
    }
    switch layer {
    case is SpatialMean, is FlattenSteps, is DropoutLayer: return true
    case let pool as TimePool: return pool.mode == .last
    case let cells as any CellLayer: return cells.goesForward
    default: return false
    }
  }
}
