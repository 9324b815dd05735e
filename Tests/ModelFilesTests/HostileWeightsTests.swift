import Foundation
import Layers
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
  static let greedy: [Forgery] = [
    ("values", Pickle().opcodes("](" + String(repeating: "N", count: 1_000_000) + "e.")),
    ("lists", Pickle().opcodes("](" + String(repeating: "]", count: 500_000) + "e.")),
    ("dictionaries", Pickle().opcodes("](" + String(repeating: "}", count: 500_000) + "e.")),
    ("memo", Pickle(4).opcodes("]").raw([UInt8](repeating: 0x94, count: 1_000_000)).opcodes(".")),
    (
      "texts",
      Pickle(4).raw(
        [UInt8](
          repeatElement([0x8C, 16] + Array("0123456789abcdef".utf8), count: 200_000).joined()))
    ),
    ("nesting", Pickle().opcodes(")").raw([UInt8](repeating: 0x85, count: 500_000)).opcodes(".")),
  ].map { Forgery($0, pickle: $1, "makes more values than a file of") }

  @Test(arguments: greedy)
  func boundsWhatValuesTake(forgery: Forgery) throws {
    try Data(forgery.bytes).write(to: URL(filePath: folder("m")))
    let message = message { _ = try SafeTensors(readingPyTorch: folder("m")) }
    #expect(message.contains(forgery.finding), "\(message)")
  }

  @Test func readsManyTensors() throws {
    var pickle = Pickle().opcodes("}(")
    for index in 0..<2000 { pickle = pickle.text("layer.\(index).weight").tensor() }
    try Data(Zip(pickle.opcodes("u.").bytes).bytes).write(to: URL(filePath: folder("m")))
    #expect(try SafeTensors(readingPyTorch: folder("m")).names.count == 2000)
  }

  // MARK: Headers

  static let headers: [Forgery] = [
    Forgery(
      "metadata of many keys",
      safetensors(
        "{\"__metadata__\":{" + (0..<5000).map { "\"\($0)\":\"\"" }.joined(separator: ",") + "}}"),
      "more than 4096 entries of metadata"),
    Forgery(
      "a name of a mebibyte",
      safetensors(
        "{\"" + String(repeating: "n", count: 1 << 20)
          + "\":{\"dtype\":\"F99\",\"shape\":[],\"data_offsets\":[0,4]}}", data: 4),
      "only floats of 16, 32 and 64 bits, whole numbers and truth values are read"),
    Forgery(
      "sizes that wrap",
      safetensors(
        #"{"w":{"dtype":"F32","shape":[4611686018427387905,2],"data_offsets":[0,8]}}"#, data: 8),
      "impossible shape"),
    Forgery(
      "a name that is the same without its escape",
      safetensors(
        #"{"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"#
          + #""\u0077":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#), "the name w twice"),
  ]

  @Test(arguments: headers)
  func boundsHeaders(forgery: Forgery) {
    let message = message { _ = try SafeTensors(bytes: forgery.bytes, source: "m") }
    #expect(message.contains(forgery.finding), "\(message.prefix(300))")
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

  static let architectures: [Forgery] = [
    ("deep", String(repeating: "[", count: 1 << 20), "is nested deeper than 32"),
    (
      "many values", "[" + String(repeating: "[],", count: 500_000) + "[]]",
      "holds more than 65536 values"
    ),
    (
      "a long number", architecture(String(repeating: "9", count: 1 << 20)),
      "has a number of more than 64 bytes"
    ),
    (
      "a long name", architecture("1", name: String(repeating: "n", count: 5 << 20)),
      "has a string of more than"
    ),
    ("bytes of zero", "{\0}", "is not UTF-8 text"),
  ].map { Forgery($0, Array($1.utf8), $2) }

  @Test(arguments: architectures)
  func boundsArchitectures(forgery: Forgery) {
    let message = message { _ = try Architecture(json: forgery.bytes, source: "a.json") }
    #expect(message.contains(forgery.finding), "\(message)")
  }

  /// What a person who writes the file by hand gets wrong.
  @Test(arguments: [
    ("\"classes\":2", "\"classes\":2,\"classes\":3", "it gives classes twice"),
    ("\"filters\":4", "\"filters\":4,\"filters\":8", "it gives layers[0].filters twice"),
    (
      ",\"layers\"", ",\n  \"layers\":,",
      "it is not JSON at line 2, column 12: a JSON value expected"
    ),
    ("\"classes\":2", "\"classes\" 2", "it is not JSON at line 1, column 23: ':' expected"),
    ("2,\"input\"", "2 \"input\"", "it is not JSON at line 1, column 25: ',' or '}' expected"),
    ("\"layers\"", "\"architectures\"", "it is a list of networks without"),
    ("[0,1,1]", "\"valid\"", "'c' (conv3d): padding: must be \"same\" or numbers, not \"valid\""),
    (
      "[1,1,1]", "\"2\"",
      "'c' (conv3d): stride: must be a whole number or [depth, height, width]"
    ),
    (
      "{\"type\":\"conv3d\"", "{\"type\":\"maxpool3d\",\"window\":null},{\"type\":\"conv3d\"",
      "layers[0]: maxpool3d: window: must be a whole number or [depth, height, width]"
    ),
    ("\"frames\":2", "\"frames\":2,\"fps\":25", "it has an input that has no field \"fps\""),
    ("\"classes\":2", "\"classes\":\"two\"", "classes: must be a whole number"),
    ("\"name\":\"c\"", "\"name\":7", "layers[0].name: must be a text"),
    ("\"input\":{", "\"input\":4,\"put\":{", "input: must be an object"),
    (
      "{\"type\":\"conv3d\"", "{\"type\":\"timepooling\",\"mode\":\"max\"},{\"type\":\"conv3d\"",
      "mode: must be last or mean, not \"max\""
    ),
  ])
  func saysWhereAnArchitectureIsWrong(old: String, new: String, says: String) {
    let right = Self.architecture("4")
    #expect(right.contains(old))
    let text = right.replacingOccurrences(of: old, with: new)
    let message = message { _ = try Architecture(json: Array(text.utf8), source: "a.json") }
    #expect(message.contains(says), "\(message)")
  }

  /// All that `info --json` prints of a model holds an architecture too.
  @Test(arguments: [
    "{\"bytes\":1,\"model\":{\"architecture\":ARCHITECTURE}}",
    "{\"architecture\":ARCHITECTURE}", "ARCHITECTURE",
  ])
  func findsTheArchitectureWithin(text: String) throws {
    let whole = text.replacingOccurrences(of: "ARCHITECTURE", with: Self.architecture("4"))
    let read = try Architecture(json: Array(whole.utf8), source: "a.json")
    #expect(read == (try Architecture(json: Array(Self.architecture("4").utf8), source: "b")))
  }

  /// One number stands for the same along each axis; what has a usual value may be left out.
  @Test(arguments: [
    (#"{"type":"maxpool3d","window":2}"#, Node.maxPool3D(window: Extent3(2, 2, 2))),
    (#"{"type":"adaptiveavgpool3d","bins":1}"#, Node(AdaptiveAveragePool3D(bins: .one))),
    (#"{"type":"slice_time","step":2}"#, .sliceTime(step: 2)),
    (#"{"type":"slice_time","end":1}"#, .sliceTime(end: 1)),
    (#"{"type":"slice_channels","end":1}"#, .sliceChannels(end: 1)),
  ])
  func shortFormsAreRead(text: String, node: Node) throws {
    let whole = Self.architecture("4").replacingOccurrences(of: "]}", with: "," + text + "]}")
    let read = try Architecture(json: Array(whole.utf8), source: "a.json")
    #expect(read.layers.last == node)
  }

  @Test func takesFractionsWhereTheyMayBe() throws {
    let text = Self.architecture("4").replacingOccurrences(
      of: "]}", with: #",{"type":"dropout","rate":0.25}]}"#)
    #expect(try Architecture(json: Array(text.utf8), source: "a.json").layers.count == 2)
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
