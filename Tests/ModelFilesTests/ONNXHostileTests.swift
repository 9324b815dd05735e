import FileStore
import Foundation
import ModelFiles
import TestSupport
import Testing

/// Messages written out by hand, right or wrong.
private enum Wire {
  static func varint(_ value: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  static func key(_ field: UInt64, _ type: UInt64) -> [UInt8] { varint(field << 3 | type) }

  static func integer(_ field: UInt64, _ value: Int64) -> [UInt8] {
    key(field, 0) + varint(UInt64(bitPattern: value))
  }

  static func bytes(_ field: UInt64, _ content: [UInt8]) -> [UInt8] {
    key(field, 2) + varint(UInt64(content.count)) + content
  }

  static func text(_ field: UInt64, _ text: String) -> [UInt8] { bytes(field, Array(text.utf8)) }

  /// A model around the fields of a graph.
  static func model(_ graph: [UInt8]) -> [UInt8] {
    integer(1, 8) + bytes(8, integer(2, 17)) + bytes(7, graph)
  }

  /// A model with one initializer.
  static func tensor(
    dims: [Int64], type: Int64 = 1, _ rest: [UInt8], name: String = "w"
  ) -> [UInt8] {
    model(
      bytes(5, dims.flatMap { integer(1, $0) } + integer(2, type) + text(8, name) + rest))
  }

  static func external(_ entries: [String: String]) -> [UInt8] {
    integer(14, 1)
      + entries.sorted { $0.key < $1.key }.flatMap {
        bytes(13, text(1, $0.key) + text(2, $0.value))
      }
  }

  /// A model with one node that has one attribute.
  static func attribute(_ content: [UInt8]) -> [UInt8] {
    model(bytes(1, text(4, "Op") + bytes(5, text(1, "a") + content)))
  }
}

/// A file, where it is refused and a part of the message.
struct HostileFile: Sendable, CustomTestStringConvertible {
  let title: String
  let bytes: [UInt8]
  var code = ModelFileError.Code.format
  let text: String

  var testDescription: String { title }
}

@Suite struct ONNXHostileTests {
  let folder = ScratchFolder()

  static let files: [HostileFile] = [
    HostileFile(
      title: "length beyond the file", bytes: Wire.key(7, 2) + Wire.varint(1 << 40),
      code: .truncated, text: "graph: needs 1099511627776 bytes where 0 are left"),
    HostileFile(
      title: "length of all 64 bits", bytes: Wire.key(7, 2) + Wire.varint(.max),
      code: .truncated, text: "needs 18446744073709551615 bytes"),
    HostileFile(
      title: "length beyond the message around it",
      bytes: Wire.model(Wire.key(1, 2) + Wire.varint(100)),
      text: "graph.node[0]: needs 100 bytes where 0 are left"),
    HostileFile(
      title: "varint of 11 bytes",
      bytes: Wire.key(1, 0) + [UInt8](repeating: 0x80, count: 10) + [0],
      text: "ir_version: a varint of more than 64 bits"),
    HostileFile(
      title: "varint of 65 bits", bytes: Wire.key(1, 0) + [UInt8](repeating: 0xFF, count: 9) + [2],
      text: "a varint of more than 64 bits"),
    HostileFile(
      title: "nested groups", bytes: [UInt8](repeating: 0x0B, count: 100_000),
      text: "field 1 is a group"),
    HostileFile(
      title: "unknown wire type", bytes: Wire.key(1, 6), text: "the unknown wire type 6"),
    HostileFile(title: "field 0", bytes: [0, 0], text: "a field number from 1"),
    HostileFile(
      title: "field number too large", bytes: Wire.varint(1 << 32), text: "a field number"),
    HostileFile(
      title: "two graphs", bytes: Wire.model([]) + Wire.bytes(7, []), text: "graph: given twice"),
    HostileFile(
      title: "another wire type", bytes: Wire.bytes(1, [8]),
      text: "ir_version: stored as delimited where varint is expected"),
    HostileFile(
      title: "name not UTF-8", bytes: Wire.model(Wire.bytes(2, [0xC0, 0x80])),
      text: "graph.name: not UTF-8"),
    HostileFile(
      title: "long name",
      bytes: Wire.model(Wire.bytes(2, [UInt8](repeating: 0x61, count: 5000))),
      text: "graph.name: a text of 5000 bytes where at most 4096"),
    HostileFile(
      title: "dims overflow", bytes: Wire.tensor(dims: [1 << 32, 1 << 32], Wire.bytes(9, [0])),
      text: "graph.initializer[0].dims: \"w\" has an impossible shape"),
    HostileFile(
      title: "bytes overflow", bytes: Wire.tensor(dims: [1 << 62], Wire.bytes(9, [0])),
      text: "impossible shape"),
    HostileFile(
      title: "negative dims", bytes: Wire.tensor(dims: [-1, -4], Wire.bytes(9, [0, 0, 0, 0])),
      text: "impossible shape"),
    HostileFile(
      title: "17 dims",
      bytes: Wire.tensor(dims: [Int64](repeating: 1, count: 17), Wire.bytes(9, [0, 0, 0, 0])),
      text: "impossible shape"),
    HostileFile(
      title: "less data than dims", bytes: Wire.tensor(dims: [1 << 40], Wire.bytes(9, [0])),
      text: "raw_data: \"w\" has 1 bytes where its 1099511627776 elements of FLOAT need"),
    HostileFile(
      title: "fewer varints than dims",
      bytes: Wire.tensor(dims: [1 << 40], type: 7, Wire.bytes(7, [0])), text: "int64_data"),
    HostileFile(
      title: "no data", bytes: Wire.tensor(dims: [3], []), text: "no data for its 3 elements"),
    HostileFile(
      title: "data twice",
      bytes: Wire.tensor(dims: [1], Wire.bytes(9, [0, 0, 0, 0]) + Wire.bytes(4, [0, 0, 0, 0])),
      text: "data twice"),
    HostileFile(
      title: "field of another type",
      bytes: Wire.tensor(dims: [1], type: 7, Wire.bytes(4, [0, 0, 0, 0])),
      text: "float_data: \"w\" is INT64"),
    HostileFile(
      title: "unknown type", bytes: Wire.tensor(dims: [1], type: 99, Wire.bytes(9, [0])),
      text: "data_type: the type 99"),
    HostileFile(
      title: "sizes that overflow behind a zero",
      bytes: Wire.tensor(dims: [0, 1 << 62, 1 << 62], Wire.bytes(9, [])), text: "impossible shape"),
    HostileFile(
      title: "100,001 nodes",
      bytes: Wire.model(
        Array(repeatElement(Wire.bytes(1, Wire.text(4, "A")), count: 100_001).joined())),
      text: "graph.node: more than 32768 in a graph"),
    HostileFile(
      title: "too many numbers",
      bytes: Wire.attribute(Wire.bytes(8, [UInt8](repeating: 0, count: 1_000_001))),
      text: "attribute[0].ints: more than 1000000 elements"),
    HostileFile(
      title: "sparse attribute", bytes: Wire.attribute(Wire.bytes(22, [])),
      text: "\"a\" has a sparse tensor"),
    HostileFile(
      title: "attribute of no value", bytes: Wire.attribute(Wire.integer(20, 4)),
      text: "\"a\" of type 4 has no value"),
    HostileFile(
      title: "sparse initializer", bytes: Wire.model(Wire.bytes(15, [])),
      text: "sparse_initializer"),
    HostileFile(
      title: "initializer twice",
      bytes: Wire.model(
        Array(
          repeatElement(
            Wire.bytes(5, Wire.integer(1, 0) + Wire.integer(2, 1) + Wire.text(8, "w")), count: 2
          ).joined())),
      text: "the name \"w\" twice"),
    HostileFile(
      title: "external data above the folder",
      bytes: Wire.tensor(dims: [1], Wire.external(["location": "a/../../w"])),
      text: "external_data.location: a file inside the model's folder expected"),
    HostileFile(
      title: "external data at an absolute path",
      bytes: Wire.tensor(dims: [1], Wire.external(["location": "/etc/passwd"])),
      text: "external_data.location"),
    HostileFile(
      title: "external data nowhere", bytes: Wire.tensor(dims: [1], Wire.external([:])),
      text: "external_data.location"),
    HostileFile(
      title: "external data before its file",
      bytes: Wire.tensor(dims: [1], Wire.external(["location": "w", "offset": "-4"])),
      text: "external_data.offset"),
    HostileFile(
      title: "external data of another size",
      bytes: Wire.tensor(dims: [1], Wire.external(["location": "w", "length": "8"])),
      text: "external_data.length: 4 bytes expected"),
    HostileFile(
      title: "external data also inside",
      bytes: Wire.tensor(
        dims: [1], Wire.external(["location": "w"]) + Wire.bytes(9, [0, 0, 0, 0])),
      text: "data here and elsewhere"),
    HostileFile(title: "no graph", bytes: Wire.integer(1, 8), text: "graph: missing"),
    HostileFile(title: "text", bytes: Array("hello, this is text".utf8), text: "m: "),
    HostileFile(title: "empty", bytes: [], code: .truncated, text: "is empty"),
  ]

  @Test(arguments: files)
  func isRefused(file: HostileFile) {
    let error = #expect(throws: ModelFileError.self) {
      try ONNXModel(bytes: file.bytes, source: "m")
    }
    #expect(error?.code == file.code, "\(error?.message ?? "")")
    #expect(error?.message.hasPrefix("m: ") == true)
    #expect(error?.message.contains(file.text) == true, "\(error?.message ?? "")")
  }

  /// The same messages, done right, are read: the cases above fail for what they say.
  @Test func theSoundOnesAreRead() throws {
    let packed = Wire.tensor(dims: [2], type: 7, Wire.bytes(7, Wire.varint(.max) + [5]))
    let model = try ONNXModel(bytes: packed, source: "m")
    #expect(try model.graph.initializers[0].integers() == [-1, 5])
    let floats = Wire.tensor(dims: [1, 1], Wire.bytes(9, [0, 0, 0x80, 0x3F]))
    #expect(try ONNXModel(bytes: floats, source: "m").graph.initializers[0].floats() == [1])
    let ints = try ONNXModel(bytes: Wire.attribute(Wire.bytes(8, [1, 2])), source: "m")
    guard case .ints([1, 2])? = ints.graph.nodes[0].attributes["a"] else {
      Issue.record("\(ints.graph.nodes)")
      return
    }
    // Unknown fields of every type.
    let unknown =
      Wire.key(99, 0) + [1] + Wire.key(99, 1) + [UInt8](repeating: 0, count: 8)
      + Wire.bytes(99, [0xFF]) + Wire.key(99, 5) + [0, 0, 0, 0]
    #expect(try ONNXModel(bytes: unknown + Wire.model(unknown), source: "m").opset == 17)
  }

  private static let misfits: [(type: Int64, data: [UInt8])] = [
    (2, Wire.varint(256)), (2, Wire.varint(.max)), (6, Wire.varint(1 << 32)), (6, [1, 1]),
    (6, [0x80, 0x80]), (7, [UInt8](repeating: 0xFF, count: 10)),
  ]

  /// Numbers in varints that the type cannot hold, or more or fewer than the shape needs.
  @Test(arguments: misfits) private func numbersThatDoNotFitAreRefused(
    type: Int64, data: [UInt8]
  ) throws {
    let bytes = Wire.tensor(dims: [1], type: type, Wire.bytes(type == 7 ? 7 : 5, data))
    let model = try ONNXModel(bytes: bytes, source: "m")
    let error = #expect(throws: ModelFileError.self) { try model.graph.initializers[0].integers() }
    #expect(error?.message.hasPrefix("m: tensor w: ") == true)
  }

  // MARK: Files beside the model

  private func weight(_ entries: [String: String]) throws -> ONNXTensor {
    try AtomicFile.write(
      Wire.tensor(dims: [2], Wire.external(entries)), to: folder("m.onnx"))
    return try ONNXModel(reading: folder("m.onnx")).graph.initializers[0]
  }

  @Test func readsOutsideDataFromFoldersBelow() throws {
    try FileManager.default.createDirectory(
      atPath: folder("a"), withIntermediateDirectories: true)
    try AtomicFile.write([0, 0, 0, 0x80, 0x3F, 0, 0, 0, 0x40], to: folder("a/w"))
    #expect(try weight(["location": "./a/w", "offset": "1"]).floats() == [1, 2])
    #expect(
      try weight(["location": "a/w", "offset": "1", "length": "8", "checksum": "x"]).floats()
        == [1, 2])
    for offset in ["2", "9", "9223372036854775807"] {
      let error = #expect(throws: ModelFileError.self) {
        try weight(["location": "a/w", "offset": offset]).floats()
      }
      #expect(error?.code == .truncated)
      #expect(error?.message.hasPrefix(folder("a/w")) == true)
      #expect(error?.message.contains("needs 8 from byte \(offset)") == true)
    }
  }

  @Test func followsNoSymbolicLinks() throws {
    let elsewhere = ScratchFolder()
    try AtomicFile.write([UInt8](repeating: 0, count: 8), to: elsewhere("w"))
    try AtomicFile.write([UInt8](repeating: 0, count: 8), to: folder("near"))
    let manager = FileManager.default
    try manager.createSymbolicLink(
      atPath: folder("file"), withDestinationPath: elsewhere("w"))
    try manager.createSymbolicLink(atPath: folder("sister"), withDestinationPath: "near")
    try manager.createSymbolicLink(atPath: folder("folder"), withDestinationPath: elsewhere.path)
    for location in ["file", "sister", "folder/w"] {
      let error = #expect(throws: ModelFileError.self) {
        try weight(["location": location]).floats()
      }
      #expect(error?.code == .file)
      #expect(error?.message.contains("symbolic link") == true, "\(location)")
    }
    #expect(try weight(["location": "near"]).floats() == [0, 0])
    // The user's own path to the model may have links.
    try manager.createSymbolicLink(
      atPath: elsewhere("link"), withDestinationPath: folder.path)
    let model = try ONNXModel(reading: elsewhere("link/m.onnx"))
    #expect(try model.graph.initializers[0].floats() == [0, 0])
  }

  @Test func readsOnlyRegularFiles() throws {
    try FileManager.default.createDirectory(
      atPath: folder("a"), withIntermediateDirectories: true)
    #expect(mkfifo(folder("pipe"), 0o600) == 0)
    for location in ["a", "pipe", "missing", "missing/w", "m.onnx/w"] {
      let error = #expect(throws: ModelFileError.self) {
        try weight(["location": location]).floats()
      }
      #expect(error?.code == .file, "\(location)")
    }
    #expect(throws: ModelFileError.self) { try ONNXModel(reading: folder("pipe")) }
    #expect(throws: ModelFileError.self) { try ONNXModel(reading: folder("missing")) }
  }
}
