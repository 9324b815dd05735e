import Layers

/// A convolution with all that is done in the same pass over its output.
struct ConvolutionStage {
  var name: String
  var geometry: ConvolutionGeometry
  var bias: Bool
  var normName: String?
  var relu: Bool
  var window: Extent3
  var input: Extent3
  var output: Extent3

  /// The convolution's own output, before pooling.
  var convolved: Extent3 { geometry.outputExtent(of: input) ?? .zero }
}

/// An architecture with every size worked out, and neighbours that run as one joined.
struct Stage {
  enum Kind {
    case convolution(ConvolutionStage)
    case spatialMean(ActivationLayout)
    case flattenSteps(ActivationLayout)
    case lstm(name: String, steps: Int, inputs: Int, hidden: Int)
    case timePooling(TimePooling, steps: Int, features: Int)
    case attention(name: String, steps: Int, features: Int)
    case dropout(rate: Float, count: Int)
    case dense(name: String, inputs: Int, outputs: Int)
  }

  var kind: Kind
  var summaries: [Architecture.Summary]
}

/// What flows between layers.
private enum Flow {
  case volume(Extent3, channels: Int)
  case sequence(steps: Int, features: Int)
  case vector(Int)

  var description: String {
    switch self {
    case .volume(let extent, let channels): "\(extent)×\(channels)"
    case .sequence(let steps, let features): "\(steps)×\(features)"
    case .vector(let count): "\(count)"
    }
  }
}

extension Architecture {
  /// Most frames, rows or columns of an input.
  public static let largestSide = 8192
  static let mostChannels = 64
  static let mostClasses = 1 << 20
  static let mostLayers = 256

  /// Throws for sizes beyond any that make sense, before anything is computed from them.
  public func requireBounds(of layer: LayerSpec) throws(NetworkError) {
    func fits(_ extent: Extent3, _ range: ClosedRange<Int>) -> Bool {
      range.contains(extent.depth) && range.contains(extent.height)
        && range.contains(extent.width)
    }
    let units = 1...1 << 20
    switch layer {
    case .conv3D(let name, let filters, let kernel, let stride, let padding, _):
      guard fits(kernel, 1...64), fits(stride, 1...64), fits(padding, 0...64),
        units.contains(filters)
      else {
        throw bad(
          "\(name): \(filters) filters of \(kernel), stride \(stride), padding \(padding)")
      }
    case .maxPool3D(let window):
      guard fits(window, 1...64) else {
        throw bad("a pooling window of \(window): sides are 1 to 64")
      }
    case .lstm(let name, let hidden):
      guard units.contains(hidden) else { throw bad("\(name): \(hidden) units") }
    case .dense(let name, let outputs):
      guard units.contains(outputs) else { throw bad("\(name): \(outputs) outputs") }
    case .batchNorm, .relu, .spatialMean, .flattenSteps, .timePooling, .attention, .dropout: break
    }
  }

  func resolve() throws(NetworkError) -> [Stage] {
    let sides = [input.frames, input.height, input.width]
    guard sides.allSatisfy((1...Self.largestSide).contains),
      (1...Self.mostChannels).contains(input.channels), input.count <= 1 << 28,
      (1...Self.mostClasses).contains(classes), layers.count <= Self.mostLayers
    else {
      throw bad(
        "input \(input) with \(classes) classes and \(layers.count) layers is not possible: sides are "
          + "up to \(Self.largestSide), channels \(Self.mostChannels), layers \(Self.mostLayers)")
    }
    for layer in layers { try requireBounds(of: layer) }
    var resolver = Resolver(architecture: self)
    for layer in layers { try resolver.add(layer) }
    guard case .vector(let outputs) = resolver.flow, outputs == classes else {
      throw bad("the last layer gives \(resolver.flow.description), not \(classes) classes")
    }
    return resolver.stages
  }

  fileprivate func bad(_ message: String) -> NetworkError {
    NetworkError(code: .badArchitecture, message: "architecture '\(name)': \(message)")
  }
}

private struct Resolver {
  let architecture: Architecture
  var flow: Flow
  var stages: [Stage] = []
  var names: Set<String> = []

  init(architecture: Architecture) {
    self.architecture = architecture
    let input = architecture.input
    flow = .volume(
      Extent3(input.frames, input.height, input.width), channels: input.channels)
  }

  mutating func add(_ layer: LayerSpec) throws(NetworkError) {
    switch layer {
    case .conv3D(let name, let filters, let kernel, let stride, let padding, let bias):
      try addConvolution(
        name: name, filters: filters, kernel: kernel, stride: stride, padding: padding, bias: bias)
    case .batchNorm(let name):
      try claim(name)
      try amend("batchnorm") { stage throws(NetworkError) in
        guard stage.normName == nil, !stage.relu, stage.window == .one else { return nil }
        stage.normName = name
        return 2 * stage.geometry.outputChannels
      }
      summarise(name: name, kind: "BatchNorm", parameters: 2 * channels)
    case .relu:
      try amend("relu") { stage throws(NetworkError) in
        guard !stage.relu, stage.window == .one else { return nil }
        stage.relu = true
        return 0
      }
      summarise(name: "", kind: "ReLU")
    case .maxPool3D(let window):
      try amend("maxpool3d") { stage throws(NetworkError) in
        guard stage.window == .one, window.depth > 0, window.height > 0, window.width > 0,
          window.count < 255
        else { return nil }
        stage.window = window
        stage.output = AffineMaxPool.outputExtent(of: stage.convolved, window: window)
        return stage.output.count > 0 ? 0 : nil
      }
      summarise(name: "", kind: "MaxPool3D \(window)")
    case .spatialMean, .flattenSteps:
      guard case .volume(let extent, let channels) = flow else { throw misplaced(layer) }
      let layout = ActivationLayout(extent: extent, channels: channels)
      let isMean = layer == .spatialMean
      let features = isMean ? channels : channels * extent.height * extent.width
      flow = .sequence(steps: extent.depth, features: features)
      push(isMean ? .spatialMean(layout) : .flattenSteps(layout))
      summarise(name: "", kind: isMean ? "Spatial mean" : "Flatten per step")
    case .lstm(let name, let hidden):
      guard case .sequence(let steps, let features) = flow, hidden > 0, hidden <= 1 << 14 else {
        throw misplaced(layer)
      }
      try claim(name)
      try requireSize(
        of: name, values: steps * max(features, 4 * hidden),
        weights: 4 * hidden * (features + hidden + 2), uses: steps)
      flow = .sequence(steps: steps, features: hidden)
      push(.lstm(name: name, steps: steps, inputs: features, hidden: hidden))
      summarise(
        name: name, kind: "LSTM", parameters: 4 * hidden * (features + hidden + 2),
        flops: steps * LSTM(inputs: features, hidden: hidden).flopsPerStep)
    case .timePooling(let mode):
      guard case .sequence(let steps, let features) = flow else { throw misplaced(layer) }
      flow = .vector(features)
      push(.timePooling(mode, steps: steps, features: features))
      summarise(name: "", kind: mode == .mean ? "Mean over time" : "Last step")
    case .attention(let name):
      guard case .sequence(let steps, let features) = flow else { throw misplaced(layer) }
      try claim(name)
      flow = .vector(features)
      push(.attention(name: name, steps: steps, features: features))
      summarise(
        name: name, kind: "Attention over time", parameters: features,
        flops: AttentionPooling(features: features).flops(steps: steps))
    case .dropout(let rate):
      guard case .vector(let count) = flow, rate >= 0, rate < 1 else { throw misplaced(layer) }
      push(.dropout(rate: rate, count: count))
      summarise(name: "", kind: "Dropout \(rate)")
    case .dense(let name, let outputs):
      guard case .vector(let inputs) = flow, outputs > 0 else { throw misplaced(layer) }
      try claim(name)
      try requireSize(of: name, values: outputs, weights: outputs * (inputs + 1), uses: 1)
      flow = .vector(outputs)
      push(.dense(name: name, inputs: inputs, outputs: outputs))
      summarise(
        name: name, kind: "Dense", parameters: outputs * (inputs + 1), flops: 2 * inputs * outputs)
    }
  }

  private mutating func addConvolution(
    name: String, filters: Int, kernel: Extent3, stride: Extent3, padding: Extent3, bias: Bool
  ) throws(NetworkError) {
    guard case .volume(let extent, let channels) = flow else {
      throw architecture.bad("'\(name)' needs a volume, found \(flow.description)")
    }
    try claim(name)
    let sane =
      padding.depth < kernel.depth && padding.height < kernel.height
      && padding.width < kernel.width
    let geometry = ConvolutionGeometry(
      kernel: kernel, stride: stride, padding: padding, inputChannels: channels,
      outputChannels: filters)
    guard sane, (1...8192).contains(filters), let output = geometry.outputExtent(of: extent) else {
      throw architecture.bad(
        "'\(name)': kernel \(kernel), stride \(stride), padding \(padding), \(filters) filters do "
          + "not fit an input of \(extent) (padding must be smaller than the kernel)")
    }
    try requireSize(
      of: name, values: output.count * filters, weights: geometry.weightCount, uses: output.count)
    flow = .volume(output, channels: filters)
    push(
      .convolution(
        ConvolutionStage(
          name: name, geometry: geometry, bias: bias, normName: nil, relu: false, window: .one,
          input: extent, output: output)))
    summarise(
      name: name, kind: "Conv3D \(kernel)",
      parameters: geometry.weightCount + (bias ? filters : 0), flops: geometry.flops(output: output)
    )
  }

  /// Throws for a layer far larger than any that could be trained; of those it lets through, the
  /// floating-point operations can be summed without overflow. Each weight is used `uses` times.
  private func requireSize(
    of name: String, values: Int, weights: Int, uses: Int
  ) throws(NetworkError) {
    guard values <= 1 << 30, weights <= 1 << 31, uses * weights <= 1 << 53 else {
      throw architecture.bad(
        "'\(name)' would have \(weights) weights and give \(values) values for a clip, "
          + "more than any machine can train")
    }
  }

  /// Changes the convolution that the last stage is; `change` returns nil where it may not.
  private mutating func amend(
    _ kind: String, _ change: (inout ConvolutionStage) throws(NetworkError) -> Int?
  ) throws(NetworkError) {
    guard let last = stages.indices.last, case .convolution(var stage) = stages[last].kind,
      try change(&stage) != nil
    else {
      throw architecture.bad(
        "'\(kind)' must follow a conv3d, in the order conv3d, batchnorm, relu, maxpool3d, and fit "
          + "what it gets (\(flow.description))")
    }
    stages[last].kind = .convolution(stage)
    flow = .volume(stage.output, channels: stage.geometry.outputChannels)
  }

  private var channels: Int {
    if case .volume(_, let channels) = flow { channels } else { 0 }
  }

  private mutating func claim(_ name: String) throws(NetworkError) {
    guard !name.isEmpty, names.insert(name).inserted else {
      throw architecture.bad("two layers are called '\(name)', or one has no name")
    }
  }

  private func misplaced(_ layer: LayerSpec) -> NetworkError {
    architecture.bad("\(layer) cannot take \(flow.description)")
  }

  private mutating func push(_ kind: Stage.Kind) {
    stages.append(Stage(kind: kind, summaries: []))
  }

  private mutating func summarise(name: String, kind: String, parameters: Int = 0, flops: Int = 0) {
    stages[stages.count - 1].summaries.append(
      Architecture.Summary(
        name: name, kind: kind, outputShape: flow.description, parameters: parameters, flops: flops)
    )
  }
}
