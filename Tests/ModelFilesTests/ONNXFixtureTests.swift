import Foundation
import ModelFiles
import TestSupport
import Testing

/// Files of the onnx package: see `Tests/Fixtures/onnx/make-onnx-fixtures.py`.
@Suite struct ONNXFixtureTests {
  static let folder = Repository.path + "/Tests/Fixtures/onnx/"
  let scratch = ScratchFolder()

  /// What `small.json` says of a tensor.
  private struct Expected: Decodable {
    let type: String
    let dims: [Int]
    let values: [Double]
  }

  @Test func readsTheGraph() throws {
    let model = try ONNXModel(reading: Self.folder + "small.onnx")
    #expect(model.irVersion == 8)
    #expect(model.opset == 18)
    #expect(model.opsets == ["": 18, "example": 1])
    #expect(model.producerName == "make-onnx-fixtures")
    #expect(model.producerVersion == "1")
    #expect(model.metadata == ["classes": "a,b,c", "empty": ""])
    let graph = model.graph
    #expect(graph.name == "small")
    #expect(graph.nodes.map(\.op) == ["Conv", "Relu", "ReduceMean", "Gemm", "Kinds"])
    #expect(graph.nodes.map(\.name) == ["conv", "relu", "mean", "fc", "kinds"])
    #expect(graph.nodes.map(\.domain) == ["", "", "", "", "example"])
    #expect(graph.nodes[0].inputs == ["input", "conv.weight", "conv.bias"])
    #expect(graph.nodes[3].inputs == ["m", "fc.weight", ""])
    #expect(graph.nodes[3].outputs == ["output"])
    #expect(
      graph.inputs == [
        ONNXValue(
          name: "input", dims: [.symbol("N"), .size(1), .size(4), .size(8), .size(8)])
      ])
    #expect(graph.outputs == [ONNXValue(name: "output", dims: [.symbol("N"), .size(3)])])
    #expect(
      graph.values == [
        ONNXValue(name: "r", dims: [.symbol("N"), .size(2), .unknown, .size(4), .size(4)])
      ])
  }

  @Test func readsEveryKindOfAttribute() throws {
    let nodes = try ONNXModel(reading: Self.folder + "small.onnx").graph.nodes
    let conv = nodes[0].attributes
    #expect(conv.count == 3)
    guard case .ints([0, 1, 1, 0, 1, 1])? = conv["pads"],
      case .float(0.5)? = nodes[3].attributes["alpha"],
      case .int(1)? = nodes[3].attributes["transB"],
      case .string("ä")? = nodes[4].attributes["text"],
      case .strings(["a", ""])? = nodes[4].attributes["texts"],
      case .floats([0.5, -1])? = nodes[4].attributes["floats"],
      case .tensor(let tensor)? = nodes[4].attributes["tensor"]
    else {
      Issue.record("\(conv) \(nodes[3].attributes) \(nodes[4].attributes)")
      return
    }
    #expect(tensor.dims == [2, 2])
    #expect(try tensor.floats() == [-1.5, -1.25, -1, -0.75])
  }

  @Test func readsEveryKindOfTensor() throws {
    let json = try Data(contentsOf: URL(filePath: Self.folder + "small.json"))
    let expected = try JSONDecoder().decode([String: Expected].self, from: json)
    let tensors = try ONNXModel(reading: Self.folder + "small.onnx").graph.initializers
    #expect(tensors.count == expected.count)
    for tensor in tensors {
      let other = try #require(expected[tensor.name])
      #expect(tensor.type.name == other.type)
      #expect(tensor.dims == other.dims)
      #expect(tensor.count == other.values.count)
      let isFloat: Bool
      switch tensor.type {
      case .float, .float16, .bfloat16, .double: isFloat = true
      default: isFloat = false
      }
      if isFloat {
        #expect(try tensor.floats().map(Double.init) == other.values, "\(tensor.name)")
        #expect(throws: ModelFileError.self) { try tensor.integers() }
      } else {
        #expect(try tensor.integers().map(Double.init) == other.values, "\(tensor.name)")
        #expect(throws: ModelFileError.self) { try tensor.floats() }
      }
    }
  }

  @Test func whatItWritesReadsTheSame() throws {
    let model = try ONNXModel(reading: Self.folder + "small.onnx")
    try model.write(to: scratch("m"))
    let again = try ONNXModel(reading: scratch("m"))
    #expect(try again.serialized() == model.serialized())
    #expect(again.metadata == model.metadata)
    #expect(again.opsets == model.opsets)
    #expect(again.graph.inputs == model.graph.inputs)
    #expect(again.graph.values == model.graph.values)
    for (a, b) in zip(again.graph.nodes, model.graph.nodes) {
      #expect(a.inputs == b.inputs && a.outputs == b.outputs && a.domain == b.domain)
      #expect("\(a.attributes.keys.sorted())" == "\(b.attributes.keys.sorted())")
    }
    #expect(again.graph.initializers.count == model.graph.initializers.count)
    for (a, b) in zip(again.graph.initializers, model.graph.initializers) {
      #expect(a.name == b.name && a.type == b.type && a.dims == b.dims)
      #expect((try? a.floats()) == (try? b.floats()))
      #expect((try? a.integers()) == (try? b.integers()))
    }
  }

  @Test func readsWeightsFromTheFileBeside() throws {
    let model = try ONNXModel(reading: Self.folder + "outside.onnx")
    #expect(model.opset == 17)
    let weight = try #require(model.graph.initializers.first)
    #expect(try weight.floats() == [-1.5, -1.25, -1, -0.75, -0.5, -0.25])
    // Written, they are inside.
    let inside = try ONNXModel(bytes: model.serialized(), source: "m")
    #expect(try inside.graph.initializers[0].floats() == weight.floats())
    let bytes = try Data(contentsOf: URL(filePath: Self.folder + "outside.onnx"))
    let homeless = try ONNXModel(bytes: [UInt8](bytes), source: "m")
    let error = #expect(throws: ModelFileError.self) {
      try homeless.graph.initializers[0].floats()
    }
    #expect(error?.message.contains("outside.bin") == true)
    #expect(throws: ModelFileError.self) { try homeless.serialized() }
    #expect(throws: ModelFileError.self) { try homeless.write(to: scratch("m")) }
    #expect(scratch.names == [])
  }

  @Test func refusesGraphsByName() throws {
    let error = #expect(throws: ModelFileError.self) {
      try ONNXModel(reading: Self.folder + "branch.onnx")
    }
    #expect(error?.code == .format)
    #expect(error?.message.contains("graph.node[0].attribute[0]: ") == true)
    #expect(error?.message.contains("\"else_branch\" has a graph") == true)
  }

  @Test(arguments: ["small.onnx", "outside.onnx"])
  func cutAnywhereItDoesNotCrash(name: String) throws {
    let whole = [UInt8](try Data(contentsOf: URL(filePath: Self.folder + name)))
    for length in 0..<whole.count {
      do {
        // What ends between two fields of the model may still be one.
        use(try ONNXModel(bytes: Array(whole[..<length]), source: "m"))
      } catch {
        #expect(error.message.hasPrefix("m: "))
        #expect(length > 0 || error.code == .truncated)
      }
    }
    let half = #expect(throws: ModelFileError.self) {
      try ONNXModel(bytes: Array(whole[..<(whole.count / 2)]), source: "m")
    }
    #expect(half?.code == .truncated)
  }

  @Test(arguments: ["small.onnx", "outside.onnx"])
  func anyFlippedByteIsReadOrRefused(name: String) throws {
    let whole = [UInt8](try Data(contentsOf: URL(filePath: Self.folder + name)))
    var refused = 0
    for position in whole.indices {
      for mask: UInt8 in [0x01, 0x02, 0x08, 0x80, 0xFF] {
        var bytes = whole
        bytes[position] ^= mask
        if let model = try? ONNXModel(bytes: bytes, source: "m") {
          use(model)
        } else {
          refused += 1
        }
      }
    }
    #expect(refused > 0)
  }

  /// Decodes everything; tensors have as many elements as their shapes say.
  private func use(_ model: ONNXModel) {
    for tensor in model.graph.initializers {
      if let floats = try? tensor.floats() { #expect(floats.count == tensor.count) }
      if let integers = try? tensor.integers() { #expect(integers.count == tensor.count) }
    }
    if let bytes = try? model.serialized() {
      #expect(throws: Never.self) { try ONNXModel(bytes: bytes, source: "again") }
    }
  }
}
