import Tensors

/// Some of the channels of a volume, or of the features of a sequence or a vector: from `start` to
/// before `end`.
public struct SliceChannels: ExecutableLayer {
  public static let kind = "slice_channels"
  /// The first that is kept.
  public var start: Int
  /// Not included; nil is the last.
  public var end: Int?
  public var title: String { "Slice of channels \(start):\(end.map(String.init) ?? "")" }

  /// - Parameter end: not included; nil is the last.
  public init(start: Int = 0, end: Int? = nil) {
    self.start = start
    self.end = end
  }

  private enum CodingKeys: String, CodingKey { case start, end }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      start: try values.decodeIfPresent(Int.self, forKey: .start) ?? 0,
      end: try values.decodeIfPresent(Int.self, forKey: .end))
  }

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    let channels = inputs[0].features
    let end = end ?? channels
    guard start >= 0, end > start, end <= channels else {
      throw LayerError("takes channels \(start) to \(end) of \(channels)")
    }
    return inputs[0].with(features: end - start)
  }

  package func worksByFrame(_ inputs: [ValueShape]) -> Bool { true }
  package func stage(_ place: PlacedLayer) -> any Stage {
    ChannelStage(sources: Array(start..<start + place.output.features))
  }
}

/// Channels of groups taken in turn (Zhang et al. 2018): seen as `[groups, C / groups]` they are
/// transposed, so that convolutions in groups read from all groups before.
public struct ShuffleChannels: ExecutableLayer {
  public static let kind = "shuffle_channels"
  /// Parts that are dealt out in turn; they divide the channels.
  public var groups: Int
  public var title: String { "Shuffle of channels, \(groups) groups" }

  /// - Parameter groups: a number that divides the channels.
  public init(groups: Int) { self.groups = groups }

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    try LayerError.requireGroups(groups, of: inputs[0].features)
    return inputs[0]
  }

  package func worksByFrame(_ inputs: [ValueShape]) -> Bool { true }
  package func stage(_ place: PlacedLayer) -> any Stage {
    let channels = place.output.features
    return ChannelStage(
      sources: (0..<channels).map { $0 % groups * (channels / groups) + $0 / groups })
  }
}

extension Node {
  /// Some of the channels.
  public static func sliceChannels(start: Int = 0, end: Int? = nil) -> Node {
    Node(SliceChannels(start: start, end: end))
  }
  /// Channels of groups taken in turn.
  public static func shuffleChannels(groups: Int) -> Node { Node(ShuffleChannels(groups: groups)) }
}

extension ValueShape {
  /// The same rows, of so many features.
  fileprivate func with(features: Int) -> ValueShape {
    switch self {
    case .volume(let extent, _): .volume(extent, channels: features)
    case .sequence(let steps, _): .sequence(steps: steps, features: features)
    case .vector: .vector(features)
    }
  }
}

private struct ChannelStage: Stage {
  /// Which channel of the input each of the output is; none twice.
  let sources: [Int]

  var rereadsInputs: Bool { false }

  func need(ofInput index: Int, element: Element) -> InputNeed { InputNeed() }

  func operation(_ site: Site, plan: inout MemoryPlan) -> any Operation {
    ChannelOperation(sources: sources, input: site.input, output: site.output)
  }
}

private struct ChannelOperation: Operation {
  /// Neighbours that stay neighbours are copied together.
  let pieces: [(from: Int, to: Int, count: Int)]
  let input, output: Site.Value

  init(sources: [Int], input: Site.Value, output: Site.Value) {
    var pieces: [(from: Int, to: Int, count: Int)] = []
    for (to, from) in sources.enumerated() {
      if let last = pieces.last, last.from + last.count == from {
        pieces[pieces.count - 1].count += 1
      } else {
        pieces.append((from, to, 1))
      }
    }
    self.pieces = pieces
    self.input = input
    self.output = output
  }

  private var widths: (from: Int, to: Int) { (input.shape.features, output.shape.features) }

  /// Rows taken together by one thread.
  private func eachBlock(_ step: StepContext, _ body: (Range<Int>) -> Void) {
    let rows = step.count * input.shape.rows
    let block = max(1, (1 << 14) / widths.from)
    step.pool.parallelFor((rows + block - 1) / block) { task in
      body(task * block..<min((task + 1) * block, rows))
    }
  }

  func forward(_ step: StepContext) {
    RowLoop.clearHalo(step, output)
    let (from, to) = widths
    func copy(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
      for piece in pieces { (y + piece.to).update(from: x + piece.from, count: piece.count) }
    }
    guard case .volume = output.shape else {
      let (x, y) = (step.memory.floats(input.slot), step.memory.floats(output.slot))
      return eachBlock(step) { for row in $0 { copy(x + row * from, y + row * to) } }
    }
    RowLoop.run(step, output) { run in
      let positions = run.count / to
      let x = input.floats(run.widened(to: from, positions: positions), step)
      output.write(run, step) { y in
        for position in 0..<positions { copy(x + position * from, y + position * to) }
      }
    }
  }

  /// Gradients are dense: positions of all clips follow each other, whatever the shape.
  func backward(_ step: StepContext) {
    guard let gradientIn = input.gradient, let gradientOut = output.gradient else { return }
    let (dx, dy) = (step.memory.floats(gradientIn), step.memory.floats(gradientOut))
    let (from, to) = widths
    eachBlock(step) { rows in
      if from > to {
        (dx + rows.lowerBound * from).update(repeating: 0, count: rows.count * from)
      }
      for row in rows {
        for piece in pieces {
          (dx + row * from + piece.from).update(
            from: dy + row * to + piece.to, count: piece.count)
        }
      }
    }
  }
}

extension RowRun {
  /// The same row of a volume of so many channels.
  fileprivate func widened(to channels: Int, positions: Int) -> RowRun {
    RowRun(
      dense: dense / count * positions * channels, count: positions * channels, sample: sample,
      row: row, isVolume: true)
  }
}
