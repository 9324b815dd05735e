import Foundation
import ModelFiles
import Networks
import TestSupport
import Testing

/// Files that ask for far more than they hold. `make hostile` gives hundreds of them to the program
/// and watches its memory; these are the most telling ones.
@Suite struct HostileWeightsTests {
  let folder = ScratchFolder()

  private func message(of read: () throws -> Void) -> String {
    let error = #expect(throws: ModelFileError.self) { try read() }
    let message = error?.message ?? ""
    #expect(message.utf8.count < 3000)
    #expect(!message.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x2028 })
    return message
  }

  private static func safetensors(_ header: String, data: Int = 0) -> [UInt8] {
    little(UInt64(header.utf8.count), 8) + Array(header.utf8) + [UInt8](repeating: 0, count: data)
  }

  // MARK: Pickles

  /// Opcodes of one or two bytes that each make a value of twenty or a container of eighty.
  static let greedy: [(String, Pickle)] = [
    ("values", Pickle().opcodes("](" + String(repeating: "N", count: 1_000_000) + "e.")),
    ("lists", Pickle().opcodes("](" + String(repeating: "]", count: 500_000) + "e.")),
    ("dictionaries", Pickle().opcodes("](" + String(repeating: "}", count: 500_000) + "e.")),
    ("memo", Pickle(4).opcodes("]").raw([UInt8](repeating: 0x94, count: 1_000_000)).opcodes(".")),
    (
      "texts",
      Pickle(4).raw((0..<200_000).flatMap { _ in [0x8C, 16] + Array("0123456789abcdef".utf8) })
        .opcodes(".")
    ),
    (
      "nesting", Pickle().opcodes(")").raw([UInt8](repeating: 0x85, count: 500_000)).opcodes(".")
    ),
  ]

  @Test(arguments: greedy)
  func boundsWhatValuesTake(name: String, pickle: Pickle) throws {
    try Data(Zip(pickle.bytes).bytes).write(to: URL(filePath: folder("m")))
    let message = message { _ = try SafeTensors(readingPyTorch: folder("m")) }
    #expect(message.contains("makes more values than a file of"))
  }

  @Test func readsManyTensors() throws {
    var pickle = Pickle().opcodes("}(")
    for index in 0..<2000 { pickle = pickle.text("layer.\(index).weight").tensor() }
    try Data(Zip(pickle.opcodes("u.").bytes).bytes).write(to: URL(filePath: folder("m")))
    #expect(try SafeTensors(readingPyTorch: folder("m")).names.count == 2000)
  }

  // MARK: Headers

  static let headers: [(String, [UInt8], String)] = [
    (
      "metadata of many keys",
      safetensors(
        "{\"__metadata__\":{" + (0..<5000).map { "\"\($0)\":\"\"" }.joined(separator: ",")
          + "}}"), "more than 4096 entries of metadata"
    ),
    (
      "a name of a mebibyte",
      safetensors(
        "{\"" + String(repeating: "n", count: 1 << 20)
          + "\":{\"dtype\":\"F99\",\"shape\":[],\"data_offsets\":[0,4]}}", data: 4),
      "only F32, BF16, I64 and U8 are read"
    ),
    (
      "sizes that wrap",
      safetensors(
        #"{"w":{"dtype":"F32","shape":[4611686018427387905,2],"data_offsets":[0,8]}}"#, data: 8),
      "impossible shape"
    ),
    (
      "a name that is the same when unescaped",
      safetensors(
        #"{"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"#
          + #""\u0077":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#), "the name w twice"
    ),
  ]

  @Test(arguments: headers)
  func boundsHeaders(name: String, bytes: [UInt8], finding: String) {
    let message = message { _ = try SafeTensors(bytes: bytes, source: "m") }
    #expect(message.contains(finding), "\(message.prefix(300))")
  }

  @Test func readsEscapes() throws {
    let header = #"{"__metadata__":{"k\"\\":"\ud83c\udfac x\n","plain":"ä"}}"#
    let read = try SafeTensors(bytes: Self.safetensors(header), source: "m")
    #expect(read.metadata == ["k\"\\": "🎬 x\n", "plain": "ä"])
  }

  // MARK: Architectures

  private static let layers =
    #"{"type":"conv3d","name":"c","filters":FILTERS,"kernel":[1,3,3],"#
    + #""stride":[1,1,1],"padding":[0,1,1],"bias":false}"#

  private static func architecture(_ filters: String, name: String = "n") -> String {
    #"{"name":"\#(name)","classes":2,"input":{"frames":2,"height":8,"width":8,"channels":1},"#
      + #""layers":["# + layers.replacingOccurrences(of: "FILTERS", with: filters) + "]}"
  }

  @Test(arguments: ["1e308", "4.5", "9223372036854775808", "true", "\"64\"", "null", "[]", "{}"])
  func namesTheFieldThatIsNoSize(number: String) {
    let message = message {
      _ = try Architecture(json: Array(Self.architecture(number).utf8), source: "a.json")
    }
    #expect(message.hasPrefix("a.json: "))
    #expect(message.contains("'c'") && message.contains("filters"), "\(message)")
  }

  @Test(arguments: [
    (String(repeating: "[", count: 1 << 20), "is nested deeper than 32"),
    ("[" + String(repeating: "[],", count: 500_000) + "[]]", "holds more than 65536 values"),
    (architecture(String(repeating: "9", count: 1 << 20)), "has a number of more than 64 bytes"),
    (architecture("1", name: String(repeating: "n", count: 5 << 20)), "has a string of more than"),
  ])
  func boundsArchitectures(text: String, finding: String) {
    let message = message { _ = try Architecture(json: Array(text.utf8), source: "a.json") }
    #expect(message.contains(finding), "\(message)")
  }

  @Test func boundsLayersTogether() {
    let relu = #"{"type":"relu"}"#
    let text =
      #"{"name":"n","classes":2,"input":{"frames":64,"height":1024,"width":1024,"#
      + #""channels":1},"layers":["# + Array(repeating: relu, count: 2000).joined(separator: ",")
      + "]}"
    let error = #expect(throws: NetworkError.self) {
      try Architecture(json: Array(text.utf8), source: "a.json").validate()
    }
    #expect(error?.message.contains("with layer 33 (relu)") == true, "\(error?.message ?? "")")
  }
}
