import FileStore
import Foundation
import ModelFiles
import TestSupport
import Testing

/// Files that PyTorch wrote, against what PyTorch says is in them.
@Suite struct PyTorchTests {
  let folder = ScratchFolder()

  static let kinds = [2, 3, 4, 5].flatMap {
    ["kinds-protocol\($0)", "kinds-old-protocol\($0)"]
  }
  static let networks = [
    "network", "network-old", "network-checkpoint", "network-checkpoint-old",
    "network-checkpoint-protocol4", "network-parallel", "network-model", "network-model-state",
    "network-parameters", "network-parameters-old",
  ]

  private func expectEqual(_ read: SafeTensors, _ expected: String) throws {
    let expected = try SafeTensors(reading: PyTorchFixtures.path(expected))
    #expect(read.names == expected.names)
    for name in expected.names {
      #expect(read[name]?.type == expected[name]?.type, "\(name)")
      #expect(read[name]?.shape == expected[name]?.shape, "\(name)")
      #expect(read[name]?.bytes == expected[name]?.bytes, "\(name)")
    }
  }

  @Test(arguments: kinds) func everyKindOfTensorIsRead(name: String) throws {
    let path = PyTorchFixtures.path(name + ".pt")
    let read = try SafeTensors(readingPyTorch: path)
    try expectEqual(read, "kinds.safetensors")
    #expect(read.source == path)
    #expect(read.digest == (try Digest.sha256(file: path)))
    #expect(read["scalar"]?.shape == [])
    #expect(try read.integers("scalar", shape: []) == [7])
    #expect(try read.floats("half", shape: [7])[3] == 65504)
  }

  @Test(arguments: networks) func everyWayToSaveANetworkIsRead(name: String) throws {
    try expectEqual(
      try SafeTensors(readingPyTorch: PyTorchFixtures.path(name + ".pt")), "network.safetensors")
  }

  @Test(arguments: ["network.pt", "network-old.pt", "network.safetensors"])
  func theContentDecidesTheFormat(name: String) throws {
    let path = folder("weights.bin")
    try FileManager.default.copyItem(atPath: PyTorchFixtures.path(name), toPath: path)
    try expectEqual(try SafeTensors.readingWeights(path), "network.safetensors")
  }

  /// Lengths of headers that begin as a zip archive or a pickle do.
  @Test(arguments: [0x4B50, 0x0280]) func safetensorsAreNotTakenForPyTorch(length: Int) throws {
    let header = "{}" + String(repeating: " ", count: length - 2)
    let path = folder("m")
    try Data(little(UInt64(length), 8) + Array(header.utf8)).write(to: URL(filePath: path))
    #expect(try SafeTensors.readingWeights(path).names == [])
    #expect(try SafeTensors(reading: path).names == [])
  }

  @Test(arguments: ["whole-module.pt", "whole-module-old.pt"])
  func wholeModulesAreRefusedWithAdvice(name: String) throws {
    let error = #expect(throws: ModelFileError.self) {
      try SafeTensors(readingPyTorch: PyTorchFixtures.path(name))
    }
    #expect(error?.message.hasPrefix(PyTorchFixtures.path(name)) == true)
    #expect(error?.message.contains("torch.nn.modules.linear.Identity") == true)
    #expect(error?.message.contains("torch.save(model.state_dict(), …)") == true)
  }

  @Test(arguments: ["network.pt", "network-old.pt"])
  func asAModelTheyAreRefusedWithTheCommandThatImports(name: String) {
    let error = #expect(throws: ModelFileError.self) {
      try SafeTensors(reading: PyTorchFixtures.path(name))
    }
    #expect(error?.message.contains("vidclass import FILE `architecture` NETWORK -o MODEL") == true)
  }

  @Test func missingAndEmptyFilesAreNamed() throws {
    #expect(throws: ModelFileError.self) { try SafeTensors.readingWeights(folder("none")) }
    try Data().write(to: URL(filePath: folder("empty")))
    let error = #expect(throws: ModelFileError.self) {
      try SafeTensors(readingPyTorch: folder("empty"))
    }
    #expect(error?.code == .truncated)
  }

  /// What the fixtures cannot have: PyTorch writes the opposite of each by itself.
  @Test func otherWritersAreReadToo() throws {
    let expected: [Float] = [1, 2, 3, 4, 5, 6]
    func read(_ bytes: [UInt8]) throws -> SafeTensors {
      try Data(bytes).write(to: URL(filePath: folder("m")))
      return try SafeTensors(readingPyTorch: folder("m"))
    }
    let pickle = Pickle.dictionary { $0.tensor() }
    var zip = Zip(pickle)
    zip.comment = Array("a comment".utf8)
    #expect(try read(zip.bytes).floats("a", shape: [2, 3]) == expected)
    zip.isWide = true
    #expect(try read(zip.bytes).floats("a", shape: [2, 3]) == expected)
    #expect(try read(OlderFile(object: pickle).bytes).floats("a", shape: [2, 3]) == expected)
    // Python 2: OrderedDict([["a", tensor]]) with a text of bytes.
    let pairs = Pickle().global("collections", "OrderedDict").opcodes("]](U\u{1}a").tensor()
      .raw([0x65, 0x61, 0x85]).opcodes("R.").bytes
    #expect(try read(Zip(pairs).bytes).floats("a", shape: [2, 3]) == expected)
  }

  /// An array as large as its storage, of each size around the reader's buffer.
  @Test(arguments: [1, 16383, 16384, 16385, 70_001]) func buffersHaveNoSeams(count: Int) throws {
    let values = (0..<2 * count).map { Float($0) }
    let pickle = Pickle.dictionary {
      $0.tensor(count: 2 * count, size: [2, count], stride: [1, 2])
    }
    try Data(Zip(pickle, ["0": Zip.floats(values)]).bytes).write(to: URL(filePath: folder("m")))
    let read = try SafeTensors(readingPyTorch: folder("m")).floats("a", shape: [2, count])
    let expected = stride(from: 0, to: 2 * count, by: 2).map { Float($0) }
    #expect(Array(read[..<count]) == expected)
    #expect(Array(read[count...]) == expected.map { $0 + 1 })
  }
}
