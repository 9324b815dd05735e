import Foundation
import Layers
import ModelFiles
import Networks
import TestSupport
import Testing

/// Weights of others in networks of ours.
@Suite struct WeightTransferTests {
  let folder = ScratchFolder()

  private func network(seed: UInt64 = 1) throws -> Network {
    try Network(
      architecture: Architecture(
        name: "small", input: InputShape(frames: 2, height: 8, width: 8, channels: 3), classes: 2,
        layers: [
          .conv3D(
            name: "a", filters: 4, kernel: Extent3(3, 3, 3), padding: .one, bias: true),
          .conv3D(
            name: "b", filters: 4, kernel: Extent3(1, 1, 1), padding: .zero, bias: true),
          .spatialMean, .timePooling(.mean), .dense(name: "head", outputs: 2),
        ]), seed: seed)
  }

  /// Tensors of the network's names and shapes, filled with a value.
  private func tensors(_ value: Float = 0.5, renamed: (String) -> String = { $0 }) throws
    -> SafeTensors
  {
    var tensors = SafeTensors()
    for entry in try network().entries {
      tensors.set(
        renamed(entry.name), shape: entry.shape,
        floats: [Float](repeating: value, count: entry.range.count))
    }
    return tensors
  }

  @Test(arguments: [
    (SafeTensors.ElementType.bfloat16, [UInt8]([0x20, 0xC0])), (.float16, [0x00, 0xC1]),
    (.float64, [0, 0, 0, 0, 0, 0, 4, 0xC0]), (.float32, [0, 0, 0x20, 0xC0]),
  ])
  func floatsOfAnyWidthAreTaken(type: SafeTensors.ElementType, bytes: [UInt8]) throws {
    var file = SafeTensors()
    let network = try network()
    for entry in network.entries {
      file.set(
        entry.name, type: type, shape: entry.shape,
        bytes: [UInt8]([[UInt8]](repeating: bytes, count: entry.range.count).joined()))
    }
    try file.write(to: folder("weights"))
    let transfer = try WeightTransfer(
      from: try SafeTensors.readingWeights(folder("weights")), into: network)
    #expect(transfer.isWhole && transfer.taken.count == network.entries.count)
    #expect(network.parameters.allSatisfy { $0 == -2.5 })
  }

  @Test(arguments: [
    (SafeTensors.ElementType.float64, [UInt8]([0, 0, 0, 0, 0, 0, 0xF0, 0x7F])),
    (.float64, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xEF, 0x7F]), (.float16, [0x00, 0x7C]),
  ])
  func whatNoFloatHoldsIsRefused(type: SafeTensors.ElementType, bytes: [UInt8]) throws {
    var file = SafeTensors()
    file.set("w", type: type, shape: [1], bytes: bytes)
    try file.write(to: folder("weights"))
    let error = #expect(throws: ModelFileError.self) {
      try SafeTensors.readingWeights(folder("weights"))
    }
    #expect(error?.code == .nonFinite && error?.message.contains("tensor w ") == true)
  }

  @Test func wholeNumbersAreNamedByTheirType() throws {
    var file = try tensors()
    file.set("b.bias", shape: [4], integers: [1, 2, 3, 4])
    let transfer = try WeightTransfer(from: file, into: try network())
    #expect(transfer.sentence == "5 tensors taken; of another type: b.bias I64 instead of F32")
    #expect(transfer.firstNewNode == 1)
  }

  /// Of whole numbers and truth values, only those that a network needs are in the way.
  @Test(arguments: [
    SafeTensors.ElementType.int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64,
    .boolean,
  ])
  func tensorsOfOtherTypesAreLeft(type: SafeTensors.ElementType) throws {
    var file = try tensors()
    let bytes = [UInt8](repeating: 1, count: 4 * type.size)
    file.set("position_ids", type: type, shape: [4], bytes: bytes)
    try file.write(to: folder("beside"))
    let beside = try WeightTransfer(
      from: try SafeTensors.readingWeights(folder("beside")), into: try network())
    #expect(beside.left == ["position_ids"] && beside.missing == [] && beside.misshapen.isEmpty)
    #expect(beside.sentence == "6 tensors taken; not used: position_ids")
    file.set("b.bias", type: type, shape: [4], bytes: bytes)
    try file.write(to: folder("needed"))
    let needed = try WeightTransfer(
      from: try SafeTensors.readingWeights(folder("needed")), into: try network())
    #expect(needed.misshapen.map(\.description) == ["b.bias \(type.rawValue) instead of F32"])
  }

  @Test(arguments: [
    "", "module.", "_orig_mod.", "_orig_mod.module.", "module._orig_mod.", "backbone.enc.",
    "wrapped.in.three.",
  ])
  func prefixesAreTakenOff(prefix: String) throws {
    let transfer = try WeightTransfer(
      from: try tensors(renamed: { prefix + $0 }), into: try network())
    #expect(transfer.isWhole && transfer.prefix == prefix && transfer.firstNewNode == nil)
  }

  /// A scope that only some names have belongs to them.
  @Test func aPrefixOfSomeStillFits() throws {
    var file = try tensors(renamed: { "backbone." + $0 })
    file.set("optimiser", shape: [1], floats: [1])
    let transfer = try WeightTransfer(from: file, into: try network())
    #expect(transfer.prefix == "backbone." && transfer.left == ["optimiser"])
  }

  @Test func littleIsNotEnoughAndChangesNothing() throws {
    let network = try network()
    let before = Array(network.parameters)
    var file = SafeTensors()
    file.set("head.bias", shape: [2], floats: [7, 7])
    file.set("b.weight", shape: [4, 4, 1, 1, 1], floats: [Float](repeating: 7, count: 16))
    file.set("a.weight", shape: [1], floats: [7])
    try file.write(to: folder("little"))
    let error = #expect(throws: ModelFileError.self) {
      try WeightTransfer(from: try SafeTensors.readingWeights(folder("little")), into: network)
    }
    #expect(error?.message.hasPrefix(folder("little")) == true)
    // 4·3·27 + 4 of the first convolution, 4·4 + 4 of the second.
    #expect(error?.message.contains("only 2 of the 6 tensors") == true)
    #expect(error?.message.contains("16 of its 348 weights before the head") == true)
    #expect(Array(network.parameters) == before)
  }
}
