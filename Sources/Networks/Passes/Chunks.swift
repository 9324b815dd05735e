import Layers

/// Which stages of inference run over a part of the batch, all of them, before the next part: what lies
/// between them then stays in the cache.
struct Chunks {
  /// So many stages, from the first on; 0 for none.
  var stages = 0
  /// Clips or frames at a time.
  var count: Int
  /// Parts of a clip that are counted: its frames, or 1.
  var parts = 1

  /// Whether each thread takes chunks of its own from one end to the other. Otherwise all threads
  /// share the work on one chunk.
  var runsInLanes: Bool { parts > 1 }

  /// The whole batch at once.
  init(batch: Int) { count = batch }

  /// Frame by frame as far as a network looks at frames by themselves, otherwise some clips at a
  /// time as far as it makes volumes.
  ///
  /// - Parameter wanted: clips or frames at a time; nil for as many as caches hold.
  init(_ plan: StagePlan, layouts: [ActivationLayout], batch: Int, wanted: Int?) {
    self.init(batch: batch)
    func largest(_ stages: Int) -> Int {
      max(1, plan.stages[..<stages].map { layouts[$0.output].sampleBytes }.max() ?? 1)
    }
    let byFrame = plan.stagesByFrame
    if byFrame > 0, let frames = plan.shapes[0].frames {
      (stages, parts) = (byFrame, frames)
      count = wanted ?? Chunks.laneBytes * frames / largest(byFrame)
      count = max(1, min(batch * frames, count))
      return
    }
    let volumes =
      plan.stages.firstIndex {
        if case .volume = plan.shapes[$0.output] { false } else { true }
      } ?? 0
    guard volumes > 0, !plan.stages[volumes...].contains(where: { $0.inputs.contains(0) }) else {
      return
    }
    let clips = max(1, min(batch, wanted ?? Chunks.sharedBytes / largest(volumes)))
    if clips < batch { (stages, count) = (volumes, clips) }
  }

  /// Bytes that the largest value of a chunk may take that all threads work on: a share of the last
  /// cache.
  private static let sharedBytes = 16 << 20
  /// The same of a chunk that each thread works on alone: its part of that share.
  private static let laneBytes = 4 << 20
}
