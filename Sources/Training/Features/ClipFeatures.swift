import Datasets
import Layers
import Tensors

/// A clip as a trunk sees it, with what is known of its file: all that fitting a head needs.
struct ClipFeatures: Sendable {
  /// What is known besides the features.
  struct Facts: Codable, Sendable {
    /// Steps of time.
    let steps: Int
    /// Of one step.
    let features: Int
    /// Seconds that the clip lasts.
    let duration: Double
    /// Whether damage left something undecoded.
    let isPartial: Bool
    /// What copies are recognised by; nil where none was taken.
    let fingerprint: ClipFingerprint?
  }

  let facts: Facts
  /// `[steps, features]`
  let values: [Float]

  init(facts: Facts, values: [Float]) {
    precondition(values.count == facts.steps * facts.features, "a feature for each step")
    self.facts = facts
    self.values = values
  }

  /// The statistics over time that the head reads, as the network itself makes them.
  ///
  /// - Parameters:
  ///   - variant: what is shown of the clip. Features are of single frames, so that other frames or
  ///     another order of them need no other pass.
  ///   - seed: of the order of shuffled frames.
  func statistics(
    _ variant: LoaderOptions.Variant = .normal, seed: UInt64 = 0, clip: Clip? = nil
  ) -> [Float] {
    var order = Array(0..<facts.steps)
    switch variant {
    case .normal: break
    case .singleFrame: order = order.map { _ in facts.steps / 2 }
    case .shuffledFrames:
      var random = RandomStream(seed: seed, purpose: .baseline, clip?.identity ?? 0)
      random.shuffle(&order)
    }
    let width = facts.features
    let shown =
      variant == .normal
      ? values : order.flatMap { values[$0 * width..<($0 + 1) * width] }
    return [Float](unsafeUninitializedCapacity: 2 * width) { output, filled in
      TimeStatistics.forward(
        steps: facts.steps, features: width, input: shown, stride: width,
        output: output.baseAddress!)
      filled = 2 * width
    }
  }
}
