import FileStore
import ModelFiles
import TestSupport
import Testing

@Suite struct ONNXWritingTests {
  let folder = ScratchFolder()

  private func example() -> ONNXModel {
    let nodes = [
      ONNXNode(
        op: "Conv", name: "conv", inputs: ["x", "w", "b"], outputs: ["c"],
        attributes: ["kernel_shape": .ints([1, 3, 3]), "pads": .ints([0, 1, 1, 0, 1, 1])]),
      ONNXNode(op: "LeakyRelu", inputs: ["c"], outputs: ["r"], attributes: ["alpha": .float(0)]),
      ONNXNode(
        op: "Constant", inputs: [], outputs: ["k"],
        attributes: ["value": .tensor(ONNXTensor(integers: [0, -1]))]),
      ONNXNode(
        op: "Reshape", inputs: ["r", "k"], outputs: ["y"], attributes: ["allowzero": .int(0)]),
      ONNXNode(
        op: "Kinds", domain: "example", inputs: ["", "y"], outputs: [],
        attributes: [
          "s": .string(""), "ss": .strings(["", "ä"]), "fs": .floats([-0.0, .infinity]),
          "none": .ints([]), "i": .int(.min),
        ]),
    ]
    var model = ONNXModel(
      graph: ONNXGraph(
        name: "g", nodes: nodes,
        initializers: [
          ONNXTensor(
            name: "w", dims: [2, 1, 1, 3, 3], floats: (0..<18).map { Float($0) - 8.5 }),
          ONNXTensor(name: "b", dims: [2], floats: [0.5, .leastNonzeroMagnitude]),
          ONNXTensor(name: "scalar", dims: [], integers: [.max]),
          ONNXTensor(name: "none", dims: [0, 3], floats: []),
        ],
        inputs: [
          ONNXValue(name: "x", dims: [.symbol("N"), .size(1), .size(2), .unknown, .size(4)])
        ],
        outputs: [ONNXValue(name: "y", type: .float, dims: nil)],
        values: [ONNXValue(name: "k", type: .int64, dims: [])]),
      producerName: "vidclass", producerVersion: "1", metadata: ["b": "2", "a": ""])
    model.opsets["example"] = 3
    model.documentation = "two\nlines"
    return model
  }

  @Test func readsBackWhatItWrote() throws {
    let written = example()
    try written.write(to: folder("m"))
    let read = try ONNXModel(reading: folder("m"))
    #expect(try RegularFile.read(folder("m")) == written.serialized())
    #expect(try read.serialized() == written.serialized())
    #expect(read.irVersion == 8)
    #expect(read.opsets == ["": 17, "example": 3])
    #expect(read.producerName == "vidclass")
    #expect(read.documentation == "two\nlines")
    #expect(read.metadata == ["a": "", "b": "2"])
    #expect(read.graph.inputs == written.graph.inputs)
    #expect(read.graph.outputs == written.graph.outputs)
    #expect(read.graph.values == written.graph.values)
    #expect(try read.graph.initializers[0].floats() == (0..<18).map { Float($0) - 8.5 })
    #expect(read.graph.initializers[0].dims == [2, 1, 1, 3, 3])
    #expect(try read.graph.initializers[1].floats() == [0.5, .leastNonzeroMagnitude])
    #expect(try read.graph.initializers[2].integers() == [.max])
    #expect(read.graph.initializers[2].dims == [])
    #expect(try read.graph.initializers[3].floats() == [])
    #expect(read.graph.nodes.map(\.op) == ["Conv", "LeakyRelu", "Constant", "Reshape", "Kinds"])
    #expect(read.graph.nodes[4].inputs == ["", "y"])
    let kinds = read.graph.nodes[4].attributes
    guard case .string("")? = kinds["s"], case .strings(["", "ä"])? = kinds["ss"],
      case .floats(let floats)? = kinds["fs"], case .ints([])? = kinds["none"],
      case .int(.min)? = kinds["i"],
      case .tensor(let shape)? = read.graph.nodes[2].attributes["value"]
    else {
      Issue.record("\(kinds)")
      return
    }
    #expect(floats.map(\.bitPattern) == [0x8000_0000, 0x7F80_0000])
    #expect(try shape.integers() == [0, -1])
    #expect(shape.dims == [2])
  }

  /// Written out by hand after onnx.proto3.
  @Test func theBytesAreTheFormatsOwn() throws {
    let model = ONNXModel(
      graph: ONNXGraph(
        name: "g", nodes: [ONNXNode(op: "R", inputs: ["x"], outputs: ["y"])],
        initializers: [ONNXTensor(name: "w", dims: [1], floats: [1])],
        inputs: [ONNXValue(name: "x", dims: [.symbol("N"), .size(300)])]))
    let node: [UInt8] = [0x0A, 1, 0x78, 0x12, 1, 0x79, 0x22, 1, 0x52]
    let tensor: [UInt8] = [8, 1, 16, 1, 0x42, 1, 0x77, 0x4A, 4, 0, 0, 0x80, 0x3F]
    let dims: [UInt8] = [0x0A, 3, 0x12, 1, 0x4E, 0x0A, 3, 8, 0xAC, 2]
    let value: [UInt8] = [0x0A, 1, 0x78, 0x12, 16, 0x0A, 14, 8, 1, 0x12, 10] + dims
    var graph: [UInt8] = [0x0A, 9] + node + [0x12, 1, 0x67]
    graph += [0x2A, 13] + tensor + [0x5A, 21] + value
    let expected: [UInt8] = [8, 8, 0x42, 4, 0x0A, 0, 16, 17, 0x3A, UInt8(graph.count)] + graph
    #expect(try model.serialized() == expected)
  }

  /// One array of 64 MiB, named 33 times.
  @Test func refusesMoreThanTwoGibibytes() throws {
    let floats = [Float](repeating: 0, count: 16 << 20)
    let tensors = (0..<33).map {
      ONNXTensor(name: "w\($0)", dims: [floats.count], floats: floats)
    }
    let model = ONNXModel(graph: ONNXGraph(name: "g", initializers: tensors))
    for write in [{ _ = try model.serialized() }, { try model.write(to: folder("m")) }] {
      let error = #expect(throws: ModelFileError.self) { try write() }
      #expect(error?.message.contains("more than the 2147483647") == true)
    }
    #expect(folder.names == [])
  }

  @Test func saysWhereItCannotWrite() {
    let error = #expect(throws: ModelFileError.self) {
      try example().write(to: folder("missing/m"))
    }
    #expect(error?.code == .file)
  }
}
