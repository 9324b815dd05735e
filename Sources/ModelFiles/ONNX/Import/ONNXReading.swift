import FileStore
import Layers
import Networks

/// How a graph's input is laid out, and the clips that fit it.
struct ONNXInputLayout {
  let name: String
  let roles: [AxisRole]
  let clips: Int
  let input: InputShape

  /// Whether the graph sees pictures: time is none of its axes.
  var isFramewise: Bool { !roles.contains(.time) }

  /// The layouts that may be meant, the usual one first.
  static func candidates(
    _ model: ONNXModel, frames: Int?, size: Int?
  ) throws(ModelFileError) -> [ONNXInputLayout] {
    let input = try Input(of: model)
    let orders: [[AxisRole]] =
      input.dims.count == 4
      ? [[.clip, .channel, .height, .width], [.clip, .height, .width, .channel]]
      : [
        [.clip, .channel, .time, .height, .width], [.clip, .time, .channel, .height, .width],
        [.clip, .time, .height, .width, .channel],
      ]
    var layouts: [ONNXInputLayout] = []
    var problem: ModelFileError?
    for roles in orders {
      do throws(ModelFileError) {
        layouts.append(try ONNXInputLayout(input, roles, frames: frames, size: size))
      } catch {
        problem = problem ?? error
      }
    }
    // Other orders than PyTorch's only where so many channels can be pixels.
    let usual = layouts.filter { $0.roles == orders[0] || $0.input.channels <= 4 }
    guard !usual.isEmpty else {
      throw problem ?? input.error("has an input that no network reads")
    }
    return usual
  }

  private init(
    _ input: Input, _ roles: [AxisRole], frames: Int?, size: Int?
  ) throws(ModelFileError) {
    func side(
      _ role: AxisRole, _ wanted: Int?, otherwise: Int? = nil, _ option: String
    ) throws(ModelFileError) -> Int {
      let fixed = roles.firstIndex(of: role).flatMap { input.fixedSize(at: $0) }
      if let fixed, let wanted, fixed != wanted {
        throw input.error(
          "was exported for a \(role) of \(fixed), not \(wanted): leave \(option) out, or "
            + "export it again")
      }
      guard let side = fixed ?? wanted ?? otherwise else {
        throw input.error("does not say its \(role): give \(option)")
      }
      guard (1...Architecture.largestSide).contains(side) else {
        throw input.error("has the impossible \(role) of \(side)")
      }
      return side
    }
    let channels = try side(.channel, nil, "an export with fixed channels")
    let clips = input.fixedSize(at: 0) ?? 0
    guard channels <= 64, clips <= 4096 else {
      throw input.error("reads \(channels) channels of \(clips) clips")
    }
    let shape = InputShape(
      frames: try side(.time, frames, otherwise: 16, "`frames`"),
      height: try side(.height, size, "`size`"), width: try side(.width, size, "`size`"),
      channels: channels)
    guard shape.count <= 1 << 28 else { throw input.error("reads clips of \(shape)") }
    name = input.name
    self.roles = roles
    self.clips = clips > 0 ? clips : ONNXGraphReader.openClips
    self.input = shape
  }

  /// The one input of a graph, which is a batch of pictures or clips.
  private struct Input {
    let name: String
    let dims: [ONNXValue.Dimension]
    private let source: String

    init(of model: ONNXModel) throws(ModelFileError) {
      source = model.source
      let constants = Set(model.graph.initializers.map(\.name))
      let inputs = model.graph.inputs.filter { !constants.contains($0.name) }
      guard inputs.count == 1, let input = inputs.first else {
        throw ModelFileError(
          .mismatch, path: source, "has \(inputs.count) inputs; vidclass feeds one")
      }
      guard let dims = input.dims, [4, 5].contains(dims.count),
        [.float, .float16, .double, nil].contains(input.type)
      else {
        throw ModelFileError(
          .mismatch, path: source,
          "its input '\(input.name)' is no batch of pictures [N, C, H, W] or clips [N, C, T, H, W]")
      }
      name = input.name
      self.dims = dims
    }

    func error(_ text: String) -> ModelFileError {
      ModelFileError(.mismatch, path: source, text)
    }

    func fixedSize(at axis: Int) -> Int? {
      if case .size(let size) = dims[axis] { size } else { nil }
    }
  }
}

/// Reads one graph under one layout of its input.
struct ONNXReading {
  private let model: ONNXModel
  private let layout: ONNXInputLayout
  private let output: ONNXValue
  /// Whether our own exporter wrote the file: then it holds what a model of ours may.
  private let isOurs: Bool
  private let isNeeded: [Bool]
  private let name: String
  private var reader: ONNXGraphReader

  init(
    _ model: ONNXModel, _ layout: ONNXInputLayout, metadata: ModelMetadata?, weights: Int
  ) throws(ModelFileError) {
    let graph = model.graph
    guard let output = graph.outputs.first else {
      throw ModelFileError(.mismatch, path: model.source, "has no output")
    }
    guard graph.nodes.count <= ONNXGraph.mostNodes else {
      throw ModelFileError(.mismatch, path: model.source, "has \(graph.nodes.count) operators")
    }
    self.model = model
    self.layout = layout
    self.output = output
    isOurs = metadata != nil
    // From the end: what is needed, how often each value is read, and which are but the output
    // under another name.
    var readers = [output.name: 1]
    var final: Set<String> = [output.name]
    var isNeeded = [Bool](repeating: false, count: graph.nodes.count)
    for (index, node) in graph.nodes.enumerated().reversed() {
      guard node.outputs.contains(where: { !$0.isEmpty && readers[$0] != nil }) else { continue }
      isNeeded[index] = true
      for input in node.inputs where !input.isEmpty { readers[input, default: 0] += 1 }
      if ["Identity", "Cast", "Reshape", "Flatten", "Squeeze"].contains(node.op),
        let made = node.outputs.first, final.contains(made), let read = node.inputs.first
      {
        final.insert(read)
      }
    }
    self.isNeeded = isNeeded
    name =
      metadata?.architecture.name
      ?? LayerName.cleaned(
        String(PathText.name(of: model.source).split(separator: ".").first ?? "network"))
    var kinds: [String: String] = [:]
    let own = metadata?.architecture.layers ?? []
    for (index, node) in own.enumerated() {
      kinds[LayerName.cleaned("#\(index)")] = type(of: node.layer).kind
    }
    for node in own {
      if let name = node.name { kinds[name] = type(of: node.layer).kind }
    }
    reader = ONNXGraphReader(
      opset: model.opset ?? 0, isFramewise: layout.isFramewise, clips: layout.clips,
      readers: readers, finalNames: final, kinds: kinds,
      assembly: LayerAssembly(input: layout.input), budget: 4 * weights + 1 << 20)
    if !others.isEmpty {
      reader.notes.append(
        "of its \(graph.outputs.count) outputs the first, '\(PathText.display(output.name))', is taken "
          + "for the scores, not \(others.joined(separator: " nor "))")
    }
  }

  /// Outputs that are not taken for the scores.
  private var others: [String] {
    model.graph.outputs.dropFirst().prefix(8).map { "'\(PathText.display($0.name))'" }
  }

  /// The layers of the graph.
  mutating func drafts() throws(ModelFileError) -> ONNXDrafts {
    let path = model.source
    guard (model.opset ?? 0) >= 7 else {
      throw ModelFileError(
        .mismatch, path: path,
        "is of operator set \(model.opset ?? 0); vidclass reads 7 and later: export it again")
    }
    for tensor in model.graph.initializers where reader.readers[tensor.name] != nil {
      do {
        reader.values[tensor.name] = .constant(try ONNXConstant(tensor))
      } catch {
        throw ModelFileError(.mismatch, path: path, error.message)
      }
    }
    let shape = reader.assembly.shape(0)
    reader.values[layout.name] = .flow(
      Flow(
        0,
        layout.roles.map {
          AxisMap.whole($0, $0 == .clip ? layout.clips : shape.size(of: $0))
        }))
    var left = zip(model.graph.nodes, isNeeded).filter { $0.1 }.map { $0.0 }[...]
    while let node = left.first {
      do {
        left = left.dropFirst(try reader.read(left))
      } catch {
        if let file = error.file { throw file }
        let isLacking = error.message.hasPrefix("is an operator")
        throw ModelFileError(
          .mismatch, path: path,
          "node '\(node.called)' \(isLacking ? "" : "(\(node.op)) ")\(error.message)")
      }
    }
    do {
      return try finish()
    } catch {
      if let file = error.file { throw file }
      let choice =
        others.isEmpty
        ? ""
        : "; if \(others.joined(separator: " or ")) has the scores, export it as the only output"
      throw ModelFileError(
        .mismatch, path: path, "its output '\(output.name)' \(error.message)\(choice)")
    }
  }

  /// From the last value to logits of a clip.
  private mutating func finish() throws(ONNXRefusal) -> ONNXDrafts {
    let end = ONNXNode(op: "logits", name: "logits", inputs: [output.name], outputs: ["logits"])
    var flow = try reader.flow(end, 0)
    guard let first = flow.axes.first, reader.isWhole(first, .clip, flow) else {
      throw ONNXRefusal("has the axes \(reader.text(flow)), not [clips, classes]")
    }
    flow.axes = [first, AxisMap.normalised(Array(flow.axes.dropFirst().joined()))]
    if !reader.isFramewise, flow.axes[1].contains(where: { $0.role == .time }) {
      throw ONNXRefusal("gives scores for each step of time: \(reader.text(flow))")
    }
    guard case (var value, nil) = try reader.features(flow, end) else {
      throw ONNXRefusal("has the axes \(reader.text(flow)), not [clips, classes]")
    }
    if reader.isFramewise { value = try mean(of: value) }
    let classes = reader.assembly.shape(value).count
    if !isOurs { try requireOneLabel(classes: classes) }
    let (architecture, weights) = try reader.assembly.finish(value, name: name, classes: classes)
    return ONNXDrafts(architecture: architecture, weights: weights, notes: reader.notes)
  }

  /// A clip has one label, the likeliest of a softmax over two classes or more.
  private func requireOneLabel(classes: Int) throws(ONNXRefusal) {
    guard classes > 1 else {
      throw ONNXRefusal(
        "gives one value for a clip, where a classifier has a score for each of two or more classes; "
          + "export it with two outputs (of a yes-or-no value z: 0 and z)")
    }
    let endsWithSigmoid = model.graph.nodes.contains {
      $0.op == "Sigmoid" && $0.outputs.contains { reader.finalNames.contains($0) }
    }
    guard !endsWithSigmoid else {
      throw ONNXRefusal(
        "ends with a sigmoid, which gives several labels to a clip, where vidclass gives one; if one "
          + "is meant, export the scores before the sigmoid")
    }
  }

  /// The mean over time of what each frame gives. A dense layer before it is taken behind it, which
  /// is the same and leaves the network a classifier.
  private mutating func mean(of value: Int) throws(ONNXRefusal) -> Int {
    let pool = TimePool(mode: .mean)
    guard let draft = reader.assembly.draft(value), let layer = draft.layer as? Conv1D,
      layer.settings
        == ConvolutionSettings(
          filters: layer.settings.filters, kernel: .one, bias: layer.settings.bias)
    else { return try reader.assembly.add(pool, [value], name: "mean") }
    let mean = try reader.assembly.add(pool, draft.inputs, name: "mean")
    var weights = draft.weights
    weights["bias"] = weights["bias"] ?? .filled(0, layer.settings.filters)
    return try reader.assembly.add(
      DenseLayer(outputs: layer.settings.filters), [mean], name: draft.name, weights: weights,
      scale: draft.scale, shift: draft.shift)
  }
}

/// What a model's weights may take, checked before any of them is read.
enum ONNXWeightFiles {
  /// Weights beside the model lie in files of its own folder, which are as long as the model says.
  ///
  /// - Returns: the bytes of all weights, and how many numbers they can be at most.
  static func check(_ model: ONNXModel) throws(ModelFileError) -> (bytes: Int, elements: Int) {
    var ends: [String: Int] = [:]
    var folder: String?
    var bytes = 0
    var elements = 0
    func count(_ tensor: ONNXTensor) throws(ModelFileError) {
      switch tensor.storage {
      case .external(let external):
        guard !external.location.contains("/"), external.location != "." else {
          throw ModelFileError(
            .format, path: model.source,
            "tensor \(tensor.name): its data is in '\(external.location)'; it must be in a file "
              + "of the model's own folder, named without a folder")
        }
        folder = external.folder
        let (end, overflow) = external.offset.addingReportingOverflow(external.length)
        guard !overflow else {
          throw ModelFileError(
            .format, path: model.source, "tensor \(tensor.name): an impossible offset")
        }
        ends[external.location] = max(ends[external.location] ?? 0, end)
      case .unread: break
      default:
        bytes += tensor.count * (tensor.type.size ?? 0)
        elements += tensor.count
      }
    }
    for tensor in model.graph.initializers { try count(tensor) }
    for node in model.graph.nodes {
      for case .tensor(let tensor) in node.attributes.values { try count(tensor) }
    }
    for (location, end) in ends {
      // A model of bytes has no folder: reading the weight says so.
      guard let folder else { continue }
      let size: Int
      do throws(FileStoreError) {
        size = try FolderFile(folder: folder, location: location).size
      } catch {
        throw ModelFileError(
          .file, path: model.source, "its weights lie in another file: \(error.message)",
          underlying: error)
      }
      guard end <= size else {
        throw ModelFileError(
          .truncated, path: model.source,
          "its weights lie in \(PathText.join(folder, location)), which has \(size) bytes where "
            + "\(end) are needed; copy it again")
      }
      bytes += end
      elements += end / 2
    }
    return (bytes, elements)
  }
}
