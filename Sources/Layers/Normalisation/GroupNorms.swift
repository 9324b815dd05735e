import Tensors

/// Layer normalisation over the last axis (Ba et al. 2016), parameters as PyTorch's `LayerNorm`.
public struct LayerNorm: ExecutableLayer {
  public static let kind = "layernorm"
  /// Added to the variance, as PyTorch's `eps`.
  public var epsilon: Float
  public var title: String { "LayerNorm" }

  /// PyTorch's epsilon where none is given.
  public init(epsilon: Float = NormEpsilon.usual) { self.epsilon = epsilon }

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    try NormEpsilon.require(epsilon)
    return inputs[0]
  }

  public func parameters(of inputs: [ValueShape]) -> [ParameterSpec] {
    scaleAndShift(inputs[0].features)
  }

  package func stage(_ place: PlacedLayer) -> any Stage {
    GroupNormStage(name: place.name, groups: nil, epsilon: epsilon)
  }

  private enum Key: String, CodingKey { case epsilon }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    self.init(
      epsilon: try values.decodeIfPresent(Float.self, forKey: .epsilon) ?? NormEpsilon.usual)
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    if epsilon != NormEpsilon.usual { try values.encode(epsilon, forKey: .epsilon) }
  }
}

/// Group normalisation over all positions of a clip, for groups of channels (Wu and He 2018),
/// parameters as PyTorch's `GroupNorm`.
public struct GroupNorm: ExecutableLayer {
  public static let kind = "groupnorm"
  /// Groups of channels that are normalised together; they divide the channels.
  public var groups: Int
  /// Added to the variance, as PyTorch's `eps`.
  public var epsilon: Float
  public var title: String { "GroupNorm, \(groups) groups" }

  /// PyTorch's epsilon where none is given.
  public init(groups: Int, epsilon: Float = NormEpsilon.usual) {
    self.groups = groups
    self.epsilon = epsilon
  }

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    let (_, channels) = try inputs[0].volume()
    try LayerError.requireGroups(groups, of: channels)
    try NormEpsilon.require(epsilon)
    return inputs[0]
  }

  public func parameters(of inputs: [ValueShape]) -> [ParameterSpec] {
    scaleAndShift(inputs[0].features)
  }

  package func stage(_ place: PlacedLayer) -> any Stage {
    GroupNormStage(name: place.name, groups: groups, epsilon: epsilon)
  }

  private enum Key: String, CodingKey { case groups, epsilon }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    self.init(
      groups: try values.decode(Int.self, forKey: .groups),
      epsilon: try values.decodeIfPresent(Float.self, forKey: .epsilon) ?? NormEpsilon.usual)
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(groups, forKey: .groups)
    if epsilon != NormEpsilon.usual { try values.encode(epsilon, forKey: .epsilon) }
  }
}

/// What a normalisation adds to the variance before it divides by its root.
public enum NormEpsilon {
  /// PyTorch's.
  public static let usual: Float = 1e-5

  static func require(_ epsilon: Float) throws(LayerError) {
    guard epsilon > 0, epsilon < 1 else {
      throw LayerError("an epsilon of \(epsilon): it lies between 0 and 1")
    }
  }
}

private func scaleAndShift(_ features: Int) -> [ParameterSpec] {
  [
    ParameterSpec("weight", [features], .normalization, .constant(1)),
    ParameterSpec("bias", [features], .normalization),
  ]
}

extension Node {
  /// Layer normalisation over the last axis.
  public static func layerNorm(name: String, epsilon: Float = NormEpsilon.usual) -> Node {
    Node(LayerNorm(epsilon: epsilon), name: name)
  }
  /// Group normalisation over all positions.
  public static func groupNorm(
    name: String, groups: Int, epsilon: Float = NormEpsilon.usual
  ) -> Node {
    Node(GroupNorm(groups: groups, epsilon: epsilon), name: name)
  }
}

private struct GroupNormStage: Stage {
  let name: String
  /// Nil normalises each row of features for itself.
  let groups: Int?
  let epsilon: Float

  func operation(_ site: Site, plan: inout MemoryPlan) -> any Operation {
    GroupNormOperation(self, site, plan: &plan)
  }
}

/// `y = γ (x − μ) / √(σ² + ε) + β`, μ and σ² over a set of values: a row of features, or a group of
/// channels at all positions of a clip.
private struct GroupNormOperation: Operation {
  private let epsilon: Double
  private let input, output: Site.Value
  private let gamma, beta: Range<Int>
  private let channels: Int
  /// Sets in one clip; rows that a set spans, and channels of a row that are of one set.
  private let sets, rows, width: Int
  /// Mean and inverse deviation of each set, `[N, sets, 2]`.
  private let state: MemoryPlan.Slot
  /// Gradients of γ and β of each clip, `[N, 2, C]`.
  private let sums: MemoryPlan.Slot?

  init(_ stage: GroupNormStage, _ site: Site, plan: inout MemoryPlan) {
    epsilon = Double(stage.epsilon)
    input = site.input
    output = site.output
    gamma = site.range(stage.name, "weight")
    beta = site.range(stage.name, "bias")
    channels = site.input.shape.features
    if let groups = stage.groups {
      (sets, rows, width) = (groups, site.input.shape.rows, channels / groups)
    } else {
      (sets, rows, width) = (site.input.shape.rows, 1, channels)
    }
    let moments = site.moments
    state = plan.doubles(2 * moments.batch * sets, from: moments.forward, to: moments.last)
    sums = moments.backward.map { [channels] in
      plan.doubles(2 * moments.batch * channels, from: $0, to: $0)
    }
  }

  /// Where the first row of a set of a clip begins, and its first channel.
  private func begin(_ sample: Int, _ set: Int) -> (row: Int, channel: Int) {
    rows == 1 ? (sample * sets + set, 0) : (sample * rows, set * width)
  }

  func forward(_ step: StepContext) {
    let x = step.memory.floats(input.slot)
    let state = step.memory.doubles(state)
    let (scale, shift) = (step.parameter(gamma), step.parameter(beta))
    let count = Double(rows * width)
    step.pool.parallelFor(step.count) { sample in
      for set in 0..<sets {
        let (first, channel) = begin(sample, set)
        var sum = 0.0
        for row in first..<first + rows {
          for index in row * channels + channel..<row * channels + channel + width {
            sum += Double(x[index])
          }
        }
        let mean = sum / count
        var squares = 0.0
        for row in first..<first + rows {
          for index in row * channels + channel..<row * channels + channel + width {
            squares += (Double(x[index]) - mean) * (Double(x[index]) - mean)
          }
        }
        state[2 * (sample * sets + set)] = mean
        state[2 * (sample * sets + set) + 1] =
          1 / (squares / count + epsilon).squareRoot()
      }
    }
    RowLoop.clearHalo(step, output)
    let normalise = { (row: Int, y: UnsafeMutablePointer<Float>) in
      let sample = row / input.shape.rows
      for channel in 0..<channels {
        let set = rows == 1 ? row : sample * sets + channel / width
        let value = (Double(x[row * channels + channel]) - state[2 * set]) * state[2 * set + 1]
        y[channel] = Float(value) * scale[channel] + shift[channel]
      }
    }
    guard case .volume = output.shape else {
      let y = step.memory.floats(output.slot)
      return step.pool.parallelFor(step.count) { sample in
        for row in sample * input.shape.rows..<(sample + 1) * input.shape.rows {
          normalise(row, y + row * channels)
        }
      }
    }
    RowLoop.run(step, output) { run in
      output.write(run, step) { y in
        for position in 0..<run.count / channels {
          normalise(run.dense / channels + position, y + position * channels)
        }
      }
    }
  }

  func backward(_ step: StepContext) {
    guard let gradient = output.gradient, let sums else { return }
    let (x, dy) = (step.memory.floats(input.slot), step.memory.floats(gradient))
    let state = step.memory.doubles(state)
    let parts = step.memory.doubles(sums)
    let scale = step.parameter(gamma)
    let dx = input.gradient.map { step.memory.floats($0) }
    let count = Double(rows * width)
    step.pool.parallelFor(step.count) { sample in
      let (scaleSum, shiftSum) = (
        parts + 2 * sample * channels, parts + (2 * sample + 1) * channels
      )
      scaleSum.update(repeating: 0, count: 2 * channels)
      for set in 0..<sets {
        let (first, channel) = begin(sample, set)
        let mean = state[2 * (sample * sets + set)]
        let inverse = state[2 * (sample * sets + set) + 1]
        // Sums over the set of the gradient at the normalised value, and of it times that value.
        var (plain, along) = (0.0, 0.0)
        for row in first..<first + rows {
          for c in channel..<channel + width {
            let g = Double(dy[row * channels + c])
            let normalised = (Double(x[row * channels + c]) - mean) * inverse
            scaleSum[c] += g * normalised
            shiftSum[c] += g
            plain += g * Double(scale[c])
            along += g * Double(scale[c]) * normalised
          }
        }
        guard let dx else { continue }
        for row in first..<first + rows {
          for c in channel..<channel + width {
            let g = Double(dy[row * channels + c]) * Double(scale[c])
            let normalised = (Double(x[row * channels + c]) - mean) * inverse
            dx[row * channels + c] = Float(
              inverse * (g - plain / count - normalised * along / count))
          }
        }
      }
    }
    let (scaleGradient, shiftGradient) = (step.gradient(gamma), step.gradient(beta))
    for channel in 0..<channels {
      var (scaleSum, shiftSum) = (0.0, 0.0)
      for sample in 0..<step.count {
        scaleSum += parts[2 * sample * channels + channel]
        shiftSum += parts[(2 * sample + 1) * channels + channel]
      }
      scaleGradient[channel] = Float(scaleSum)
      shiftGradient[channel] = Float(shiftSum)
    }
  }
}
