import Foundation
import ModelFiles
import TestSupport
import Testing

/// Graphs that mean nothing, or nothing that vidclass has: each is refused with its node.
@Suite struct ONNXRefusalTests {
  let scratch = ScratchFolder()

  /// A graph over pictures of 3 × 8 × 8, with a few constants.
  private static func refusal(
    _ nodes: [ONNXNode], _ constants: [ONNXTensor] = [], output: String = "y",
    dims: [ONNXValue.Dimension] = [.symbol("n"), .size(3), .size(8), .size(8)]
  ) -> String {
    let model = ONNXModel(
      graph: ONNXGraph(
        name: "g", nodes: nodes, initializers: constants,
        inputs: [ONNXValue(name: "x", dims: dims)],
        outputs: [ONNXValue(name: output, dims: nil)]))
    do {
      _ = try ONNXImport(model)
      return "read"
    } catch {
      return error.message
    }
  }

  private static func node(
    _ op: String, _ inputs: [String], _ output: String = "y",
    _ attributes: [String: ONNXAttribute] = [:]
  ) -> ONNXNode {
    ONNXNode(
      op: op, name: "/here/\(op)", inputs: inputs, outputs: [output], attributes: attributes)
  }

  private static func weight(_ dims: [Int], name: String = "w") -> ONNXTensor {
    ONNXTensor(
      name: name, dims: dims, floats: [Float](repeating: 0.1, count: dims.reduce(1, *)))
  }

  /// A mean of each colour, then a dense layer with so many values, then `endings`.
  private static func classifier(
    values: Int, _ endings: [String] = [], outputs: [String] = ["y"]
  ) -> ONNXModel {
    var nodes = [
      node("GlobalAveragePool", ["x"], "mean"), node("Flatten", ["mean"], "flat"),
      node("Gemm", ["flat", "w"], "y0", ["transB": .int(1)]),
    ]
    for (index, op) in endings.enumerated() {
      nodes.append(node(op, ["y\(index)"], "y\(index + 1)"))
    }
    nodes.append(node("Identity", ["y\(endings.count)"], "y"))
    return ONNXModel(
      graph: ONNXGraph(
        name: "g", nodes: nodes, initializers: [weight([values, 3])],
        inputs: [ONNXValue(name: "x", dims: [.symbol("n"), .size(3), .size(8), .size(8)])],
        outputs: outputs.map { ONNXValue(name: $0, dims: nil) }))
  }

  @Test(arguments: [
    (1, [], "gives one value for a clip"), (1, ["Sigmoid"], "gives one value for a clip"),
    (3, ["Sigmoid"], "ends with a sigmoid, which gives several labels to a clip"),
  ])
  func refusesWhatIsNoChoiceOfOneLabel(values: Int, endings: [String], says: String) {
    let error = #expect(throws: (any Error).self) {
      try ONNXImport(Self.classifier(values: values, endings))
    }
    #expect("\(error!)".contains("its output 'y' \(says)"), "\(error!)")
  }

  @Test func namesOtherOutputsOfWhichOneMayHaveTheScores() {
    let error = #expect(throws: (any Error).self) {
      try ONNXImport(Self.classifier(values: 1, outputs: ["y", "flat"]))
    }
    #expect("\(error!)".hasSuffix("if 'flat' has the scores, export it as the only output"))
  }

  @Test(arguments: [
    ([], ["y"], []), (["Softmax"], ["y"], ["its final Softmax is left out"]),
    (["LogSoftmax"], ["y"], ["its final LogSoftmax is left out"]),
    (
      ["Softmax"], ["y", "mean", "flat"],
      [
        "of its 3 outputs the first, 'y', is taken for the scores, not 'mean' nor 'flat'",
        "its final Softmax is left out",
      ]
    ),
  ])
  func saysWhatIsLeftOut(endings: [String], outputs: [String], notes: [String]) throws {
    let read = try ONNXImport(Self.classifier(values: 3, endings, outputs: outputs))
    #expect(read.network.architecture.classes == 3)
    #expect(read.notes.count == notes.count)
    for (note, beginning) in zip(read.notes, notes) { #expect(note.hasPrefix(beginning)) }
  }

  @Test func namesTheOperatorThatIsMissing() {
    let text = Self.refusal([Self.node("Einsum", ["x"])])
    #expect(
      text.hasSuffix(
        "node '/here/Einsum' is an operator 'Einsum' (opset 17), which vidclass lacks"), "\(text)")
    let other = Self.refusal([
      ONNXNode(op: "Conv", domain: "com.microsoft", name: "c", inputs: ["x"], outputs: ["y"])
    ])
    #expect(other.contains("(domain 'com.microsoft')"), "\(other)")
  }

  @Test(arguments: [
    (node("Clip", ["x", "low", "high"]), "cuts values to 0.0…4.0"),
    (node("Relu", ["later"]), "reads 'later', which nothing before it makes"),
    (node("Relu", []), "its input 1 is a constant or missing"),
    (node("Reshape", ["x", "shape"]), "gives [clips, channel 3, height 8, width 8] the shape"),
    (node("Reshape", ["x", "odd"]), "means nothing"),
    (node("Transpose", ["x"], "y", ["perm": .ints([0, 1, 1, 2])]), "has the order [0, 1, 1, 2]"),
    (node("Conv", ["x", "w"]), "does not fit 3 channels"),
    (node("Conv", ["x", "flat"]), "its weight has the shape [2, 3]"),
    (node("Conv", ["x", "w", "w"], "y", ["strides": .ints([0, 1])]), "has strides [0, 1]"),
    (node("LSTM", ["x", "w", "w"]), "vidclass needs [time, clips, features]"),
    (node("ReduceMean", ["x"], "y", ["axes": .ints([1])]), "takes the axes [1] of"),
    (node("ReduceMean", ["x"], "y", ["axes": .ints([9])]), "axis 9 of a value that has 4"),
    (node("MaxPool", ["x"], "y", ["kernel_shape": .ints([1 << 40, 2])]), "has a window of"),
    (
      node(
        "Pad", ["x"], "y", ["pads": .ints([0, 0, 1, 1, 0, 0, 1, 1]), "mode": .string("reflect")]),
      "pads with other values than 0"
    ),
    (node("Div", ["low", "x"]), "divides by a value"),
  ]) func refusesWithTheNode(node: ONNXNode, text: String) {
    let constants = [
      ONNXTensor(name: "low", dims: [], floats: [0]),
      ONNXTensor(name: "high", dims: [], floats: [4]),
      ONNXTensor(name: "shape", integers: [-1, 2, 96]),
      ONNXTensor(name: "odd", integers: [0, 5, -1]), Self.weight([2, 4, 3, 3]),
      Self.weight([2, 3], name: "flat"),
    ]
    let found = Self.refusal([node], constants)
    #expect(found.contains(text), "\(found)")
    #expect(found.contains("node '/here/\(node.op)' (\(node.op))"), "\(found)")
  }

  @Test func refusesCyclesAndNamesMadeTwice() {
    let cycle = Self.refusal([
      Self.node("Relu", ["b"], "a"), Self.node("Sigmoid", ["a"], "b"),
      Self.node("Tanh", ["b"], "y"),
    ])
    #expect(cycle.contains("which nothing before it makes (a cycle, or a cut graph)"), "\(cycle)")
    let twice = Self.refusal([
      Self.node("Relu", ["x"], "a"), Self.node("Sigmoid", ["x"], "a"),
      Self.node("Tanh", ["a"], "y"),
    ])
    #expect(twice.contains("makes 'a', which there is already"), "\(twice)")
  }

  @Test func refusesInputsThatAreNone() {
    let relu = [Self.node("Relu", ["x"])]
    #expect(Self.refusal(relu, dims: [.symbol("n"), .size(3)]).contains("is no batch of pictures"))
    #expect(
      Self.refusal(relu, dims: [.symbol("n"), .size(3), .unknown, .unknown]).contains("`size`"))
    #expect(
      Self.refusal(relu, dims: [.symbol("n"), .size(1 << 40), .size(8), .size(8)])
        .contains("impossible channel"))
  }

  /// Much out of little: a file cannot make more memory be taken than its own size justifies.
  @Test func refusesNetworksThatGrow() {
    let weight = Self.weight([64, 64], name: "w")
    var nodes = [
      Self.node("ReduceMean", ["x"], "m", ["axes": .ints([2, 3]), "keepdims": .int(0)]),
      Self.node("Gemm", ["m", "first"], "v0"),
    ]
    for index in 0..<40 {
      nodes.append(
        Self.node(
          "Concat", [String](repeating: "v\(index)", count: 4), "v\(index + 1)",
          ["axis": .int(1)]))
    }
    let text = Self.refusal(nodes, [weight, Self.weight([3, 64], name: "first")], output: "v40")
    #expect(text.contains("more than any machine can hold"), "\(text)")
    let fill = Self.refusal(
      [
        Self.node("ConstantOfShape", ["huge"], "z"), Self.node("Transpose", ["z"], "t"),
        Self.node("Add", ["x", "t"]),
      ], [ONNXTensor(name: "huge", integers: [1 << 20, 1 << 20])])
    #expect(fill.contains("more constants than the file's weights justify"), "\(fill)")
    var many = [Self.node("Conv", ["x", "k"], "c0")]
    for index in 0..<2000 { many.append(Self.node("Conv", ["c\(index)", "s"], "c\(index + 1)")) }
    let shared = Self.refusal(
      many, [Self.weight([64, 3, 1, 1], name: "k"), Self.weight([64, 64, 1, 1], name: "s")],
      output: "c2000")
    #expect(shared.contains("weights out of"), "\(shared)")
  }

  // MARK: Weights in other files

  /// The fixture whose weights lie beside it, saying another place of the same length.
  private func moved(to location: (String) -> String) throws -> String {
    let name = "clip-export.onnx"
    var bytes = try Data(contentsOf: URL(filePath: ONNXFixtureTests.folder + name))
    let old = Data("\(name).data".utf8)
    let new = Data(location("\(name).data").utf8)
    #expect(new.count == old.count)
    var start = bytes.startIndex
    while let range = bytes.range(of: old, in: start..<bytes.endIndex) {
      bytes.replaceSubrange(range, with: new)
      start = range.upperBound
    }
    #expect(start > bytes.startIndex)
    try bytes.write(to: URL(filePath: scratch(name)))
    do {
      _ = try ONNXImport(reading: scratch(name))
      return "read"
    } catch {
      return error.message
    }
  }

  @Test func weightsBesideStayBeside() throws {
    let data = try Data(
      contentsOf: URL(filePath: ONNXFixtureTests.folder + "clip-export.onnx.data"))
    let text = try moved { "../" + $0.dropFirst(3) }
    #expect(text.contains("inside the model's folder"), "\(text)")
    let absolute = try moved { "/" + $0.dropFirst(1) }
    #expect(absolute.contains("inside the model's folder"), "\(absolute)")
    let below = try moved { "a/" + $0.dropFirst(2) }
    #expect(below.contains("named without a folder"), "\(below)")
    let missing = try moved { "b" + $0.dropFirst(1) }
    #expect(missing.contains("blip-export.onnx.data"), "\(missing)")
    // A pipe and a link are no regular files; a file cut short has not all.
    let beside = scratch("clip-export.onnx.data")
    #expect(mkfifo(beside, 0o600) == 0)
    #expect(try moved { $0 }.contains("clip-export.onnx.data"))
    try FileManager.default.removeItem(atPath: beside)
    try data.dropLast(2000).write(to: URL(filePath: beside))
    let cut = try moved { $0 }
    #expect(cut.contains("copy it again"), "\(cut)")
    try data.write(to: URL(filePath: beside))
    #expect(try moved { $0 } == "read")
  }
}
