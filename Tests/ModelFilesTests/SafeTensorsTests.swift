import FileStore
import Foundation
import ModelFiles
import TestSupport
import Testing

/// A file with this header and this many bytes of data.
private func file(_ header: String, data: Int = 0) -> [UInt8] {
  let length = UInt64(header.utf8.count)
  return withUnsafeBytes(of: length.littleEndian) { Array($0) } + Array(header.utf8)
    + [UInt8](repeating: 0, count: data)
}

private func example() -> SafeTensors {
  var tensors = SafeTensors(metadata: ["format": "pt", "names": "[\"ä\\\"\n\u{1}\"]"])
  tensors.set("b.weight", shape: [2, 3], floats: [1, -2, 3.5, 0, -0.0, .leastNonzeroMagnitude])
  tensors.set("a.batches", shape: [], integers: [-7])
  tensors.set("c", type: .uint8, shape: [3], bytes: [1, 2, 255])
  tensors.set("half", type: .bfloat16, shape: [1, 2], bytes: [0x80, 0x3F, 0, 0x40])
  tensors.set("none", shape: [0, 4], floats: [])
  return tensors
}

@Suite struct SafeTensorsTests {
  let folder = ScratchFolder()

  @Test func readsBackWhatItWrote() throws {
    let written = example()
    try written.write(to: folder("m"))
    let read = try SafeTensors(reading: folder("m"))
    #expect(read.metadata == written.metadata)
    #expect(read.names == ["a.batches", "b.weight", "c", "half", "none"])
    for name in read.names {
      #expect(read[name]?.bytes == written[name]?.bytes)
      #expect(read[name]?.shape == written[name]?.shape)
      #expect(read[name]?.type == written[name]?.type)
    }
    #expect(try read.integers("a.batches", shape: []) == [-7])
    #expect(try read.floats("b.weight", shape: [2, 3])[2] == 3.5)
    #expect(try RegularFile.read(folder("m")) == written.serialized())
    #expect(read.serialized() == written.serialized())
  }

  @Test func theBytesDoNotDependOnTheOrderOfAdding() {
    var other = SafeTensors()
    for name in example().names.reversed() {
      let tensor = example()[name]!
      other.set(name, type: tensor.type, shape: tensor.shape, bytes: tensor.bytes)
    }
    other.metadata = example().metadata
    #expect(other.serialized() == example().serialized())
  }

  /// Written out by hand: sorted keys, 8-byte padding, wide elements first.
  @Test func theBytesAreTheFormatsOwn() {
    var tensors = SafeTensors(metadata: ["format": "pt"])
    tensors.set("a", shape: [1], floats: [1])
    tensors.set("b", shape: [], integers: [2])
    let header =
      #"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},"#
      + #""b":{"dtype":"I64","shape":[],"data_offsets":[0,8]}}"#
    let padded = header + String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    #expect(
      tensors.serialized() == file(padded) + [2, 0, 0, 0, 0, 0, 0, 0] + [0, 0, 0x80, 0x3F])
  }

  @Test func acceptsWhatOtherWritersDo() throws {
    let spaced = """
      {"a" : { "shape" : [ 1 , 2 ],\n"data_offsets":[0, 8],"dtype":"F32"}, \
      "\\u00e9\\ud83d\\ude00\\/" :\t{"dtype":"U8","shape":[0],"data_offsets":[8,8]},
      "z":{"dtype":"U8","shape":[],"data_offsets":[8,9]}}  \u{20}
      """
    let tensors = try SafeTensors(bytes: file(spaced, data: 9), source: "x")
    #expect(tensors.names == ["a", "z", "é😀/"])
    #expect(try SafeTensors(bytes: file("{}"), source: "x").names == [])
  }

  @Test func cutAnywhereItIsRefused() throws {
    let whole = example().serialized()
    for length in 0..<whole.count {
      let error = #expect(throws: ModelFileError.self) {
        try SafeTensors(bytes: Array(whole[..<length]), source: "m")
      }
      #expect(error?.code == .truncated, "\(length): \(error?.message ?? "")")
      #expect(error?.message.hasPrefix("m: ") == true)
    }
  }

  /// No damage of one byte may crash; what still reads must still be whole.
  @Test func anyFlippedByteIsReadOrRefused() {
    let whole = example().serialized()
    for position in whole.indices {
      for mask: UInt8 in [0x01, 0x80, 0xFF] {
        var bytes = whole
        bytes[position] ^= mask
        if let tensors = try? SafeTensors(bytes: bytes, source: "m") {
          for name in tensors.names {
            #expect(tensors[name].map { $0.count * $0.type.size == $0.bytes.count } == true)
          }
        }
      }
    }
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func refusesWhatIsNotFinite(value: Float) throws {
    var tensors = example()
    tensors.set("b.weight", shape: [2], floats: [1, value])
    let bytes = tensors.serialized()
    let error = #expect(throws: ModelFileError.self) { try SafeTensors(bytes: bytes, source: "m") }
    #expect(error?.code == .nonFinite)
    #expect(error?.message.contains("b.weight") == true)
    #expect(error?.message.contains("position 1") == true)
    #expect(throws: Never.self) { try SafeTensors(bytes: bytes, source: "m", finite: false) }
    tensors = example()
    tensors.set("half", type: .bfloat16, shape: [1], bytes: [0xC0, 0x7F])
    #expect(throws: ModelFileError.self) {
      try SafeTensors(bytes: tensors.serialized(), source: "m")
    }
  }

  @Test func namesBothShapesAndTypes() throws {
    let tensors = try SafeTensors(bytes: example().serialized(), source: "m")
    let shape = #expect(throws: ModelFileError.self) {
      try tensors.floats("b.weight", shape: [3, 2])
    }
    #expect(
      shape?.message.hasPrefix(
        "m: tensor b.weight is F32 [2, 3] where the network needs F32 [3, 2]")
        == true)
    let type = #expect(throws: ModelFileError.self) { try tensors.integers("c", shape: [3]) }
    #expect(type?.message.contains("c is U8 [3] where the network needs I64 [3]") == true)
    let missing = #expect(throws: ModelFileError.self) { try tensors.floats("d", shape: [1]) }
    #expect(missing?.message.contains("lacks the tensor d F32 [1]") == true)
  }

  // MARK: Files that are no models

  @Test func saysWhatAFileIs() throws {
    let cases: [(content: [UInt8], code: ModelFileError.Code, text: String)] = [
      ([], .truncated, "is empty"),
      (Array("short".utf8), .truncated, "only 5 bytes"),
      (Array("hello, this is a text file\n".utf8), .format, "not a safetensors file"),
      (Array("PK\u{3}\u{4} a zip archive".utf8), .format, "pickle"),
      ([0x80, 0x02, 0x8A, 0x0A, 1, 2, 3, 4, 5], .format, "pickle"),
      ([0, 0, 0, 0, 0x66, 0x74, 0x79, 0x70, 0x69, 0x73], .format, "not a safetensors file"),
    ]
    for (content, code, text) in cases {
      try AtomicFile.write(content, to: folder("m"))
      let error = #expect(throws: ModelFileError.self) { try SafeTensors(reading: folder("m")) }
      #expect(error?.code == code)
      #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
      #expect(error?.message.hasPrefix(folder("m") + ": ") == true)
      #expect(error?.message.contains("\n") == false)
    }
    for path in [folder("none"), folder.path] {
      let error = #expect(throws: ModelFileError.self) { try SafeTensors(reading: path) }
      #expect(error?.code == .file)
      #expect(error?.message.hasPrefix(path + ": ") == true)
    }
  }

  @Test func aFullDiskIsReported() {
    let error = #expect(throws: ModelFileError.self) { try example().write(to: "/dev/full") }
    #expect(error?.code == .file)
    #expect((error?.underlying as? FileStoreError)?.code == .noSpace)
  }
}

/// Headers made to mislead, and what must be found wrong with each.
@Suite struct SafeTensorsAttackTests {
  struct Attack: Sendable, CustomTestStringConvertible {
    let name: String
    let header: String
    var data = 0
    let finding: String
    var testDescription: String { name }
  }

  static let good = #"{"dtype":"U8","shape":[2],"data_offsets":[0,2]}"#

  static let attacks: [Attack] = [
    Attack(name: "array", header: "[]", finding: "does not begin with {"),
    Attack(name: "leading space", header: " {}", finding: "does not begin with {"),
    Attack(name: "open", header: #"{"a":"#, finding: "'{' expected"),
    Attack(name: "text after the end", header: "{}x", finding: "text after its end"),
    Attack(name: "newline after the end", header: "{}\n", finding: "text after its end"),
    Attack(name: "second object", header: "{}{}", finding: "text after its end"),
    Attack(
      name: "nesting", header: String(repeating: #"{"a":"#, count: 100_000),
      finding: "unknown or second field a"),
    Attack(
      name: "nested arrays",
      header: #"{"a":{"dtype":"U8","shape":"# + String(repeating: "[", count: 100_000),
      finding: "a whole number expected"),
    Attack(
      name: "duplicate name", header: #"{"a":\#(good),"a":\#(good)}"#, data: 2,
      finding: "the name a twice"),
    Attack(
      name: "duplicate by escape", header: #"{"a":\#(good),"\u0061":\#(good)}"#, data: 2,
      finding: "the name a twice"),
    Attack(
      name: "duplicate metadata", header: #"{"__metadata__":{"k":"1","k":"2"}}"#,
      finding: "the metadata key k twice"),
    Attack(
      name: "two metadata", header: #"{"__metadata__":{},"__metadata__":{}}"#,
      finding: "the name __metadata__ twice"),
    Attack(
      name: "metadata as tensor", header: #"{"__metadata__":\#(good)}"#, data: 2,
      finding: "'\"' expected"),
    Attack(
      name: "duplicate field",
      header: #"{"a":{"dtype":"U8","dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#, data: 2,
      finding: "unknown or second field dtype"),
    Attack(
      name: "unknown field",
      header: #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2],"x":1}}"#, data: 2,
      finding: "unknown or second field x"),
    Attack(
      name: "missing field", header: #"{"a":{"dtype":"U8","shape":[2]}}"#, data: 2,
      finding: "lacks dtype, shape or two data_offsets"),
    Attack(
      name: "one offset", header: #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0]}}"#,
      data: 2, finding: "two data_offsets"),
    Attack(
      name: "three offsets", header: #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,1,2]}}"#,
      data: 2, finding: "more than 2 numbers"),
    Attack(
      name: "negative shape", header: #"{"a":{"dtype":"U8","shape":[-2],"data_offsets":[0,2]}}"#,
      data: 2, finding: "a whole number expected"),
    Attack(
      name: "fraction", header: #"{"a":{"dtype":"U8","shape":[2.0],"data_offsets":[0,2]}}"#,
      data: 2, finding: "',' or ']' expected"),
    Attack(
      name: "exponent", header: #"{"a":{"dtype":"U8","shape":[2e0],"data_offsets":[0,2]}}"#,
      data: 2, finding: "',' or ']' expected"),
    Attack(
      name: "leading zero", header: #"{"a":{"dtype":"U8","shape":[02],"data_offsets":[0,2]}}"#,
      data: 2, finding: "leading zero"),
    Attack(
      name: "number over Int",
      header: #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,99999999999999999999]}}"#,
      data: 2, finding: "a number too large"),
    Attack(
      name: "shape overflow",
      header:
        #"{"a":{"dtype":"F32","shape":[9223372036854775807,4,2],"data_offsets":[0,2]}}"#, data: 2,
      finding: "impossible shape"),
    Attack(
      name: "shape overflow to zero",
      header:
        #"{"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#,
      finding: "impossible shape"),
    Attack(
      name: "too many dimensions",
      header:
        #"{"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]}}"#,
      data: 1, finding: "more than 16 numbers"),
    Attack(
      name: "shape larger than bytes",
      header: #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, data: 4,
      finding: "needs 8 bytes and is given 4"),
    Attack(
      name: "unknown type", header: #"{"a":{"dtype":"F99","shape":[2],"data_offsets":[0,2]}}"#,
      data: 2, finding: "has the type F99"),
    Attack(
      name: "backward offsets", header: #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[2,0]}}"#,
      data: 2, finding: "should begin at 0"),
    Attack(
      name: "overlap", header: #"{"a":\#(good),"b":\#(good)}"#, data: 2,
      finding: "should begin at 2"),
    Attack(
      name: "hole",
      header: #"{"a":\#(good),"b":{"dtype":"U8","shape":[2],"data_offsets":[3,5]}}"#, data: 5,
      finding: "should begin at 2"),
    Attack(
      name: "hole at the start", header: #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#,
      data: 3, finding: "should begin at 0"),
    Attack(
      name: "hidden bytes at the end", header: #"{"a":\#(good)}"#, data: 3,
      finding: "1 bytes after its last tensor"),
    Attack(name: "hidden bytes, no tensors", header: "{}", data: 1, finding: "1 bytes after"),
    Attack(name: "control character", header: "{\"a\u{1}\":1}", finding: "a control character"),
    Attack(name: "bad escape", header: #"{"\q":1}"#, finding: "unknown escape"),
    Attack(name: "half a surrogate pair", header: #"{"\ud800":1}"#, finding: "surrogate"),
    Attack(name: "low surrogate alone", header: #"{"\udc00":1}"#, finding: "surrogate"),
    Attack(name: "bad hexadecimal", header: #"{"\u00g0":1}"#, finding: "hexadecimal"),
    Attack(name: "unclosed name", header: #"{"a"#, finding: "without its closing quote"),
    Attack(name: "ends in an escape", header: #"{"a\"#, finding: "ends within a string"),
    Attack(
      name: "comma at the end", header: #"{"a":\#(good),}"#, data: 2, finding: "'\"' expected"),
  ]

  @Test(arguments: attacks) func isRefused(attack: Attack) {
    let error = #expect(throws: ModelFileError.self) {
      try SafeTensors(bytes: file(attack.header, data: attack.data), source: "m")
    }
    #expect(error?.code == .format)
    #expect(error?.message.contains(attack.finding) == true, "\(error?.message ?? "")")
    #expect((error?.message.count ?? 0) < 400)
  }

  @Test func bytesThatAreNotUTF8AreRefused() {
    var bytes = file(#"{"aaaa":1}"#)
    bytes[11] = 0xFF
    let error = #expect(throws: ModelFileError.self) { try SafeTensors(bytes: bytes, source: "m") }
    #expect(error?.message.contains("not UTF-8") == true)
  }

  @Test(arguments: [UInt64.max, 1 << 63, 1 << 40, 100_000_000])
  func hugeHeadersAreRefusedBeforeAnythingIsRead(length: UInt64) {
    let bytes = withUnsafeBytes(of: length.littleEndian) { Array($0) } + Array("{}".utf8)
    let error = #expect(throws: ModelFileError.self) { try SafeTensors(bytes: bytes, source: "m") }
    #expect(error?.code == .format)
  }
}
