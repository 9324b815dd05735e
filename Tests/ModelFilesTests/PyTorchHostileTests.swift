import Foundation
import ModelFiles
import TestSupport
import Testing

/// A forged file and what its refusal says.
struct Forgery: Sendable, CustomTestStringConvertible {
  let name: String
  let bytes: [UInt8]
  let finding: String

  var testDescription: String { name }

  init(_ name: String, _ bytes: [UInt8], _ finding: String) {
    self.name = name
    self.bytes = bytes
    self.finding = finding
  }

  /// A pickle in a sound archive.
  init(_ name: String, pickle: Pickle, _ finding: String) {
    self.init(name, Zip(pickle.bytes).bytes, finding)
  }

  /// A tensor in a sound archive.
  init(_ name: String, tensor: (Pickle) -> Pickle, _ finding: String) {
    self.init(name, Zip(Pickle.dictionary(tensor)).bytes, finding)
  }

  /// An archive whose fields lie.
  init(_ name: String, zip change: (inout Zip) -> Void, _ finding: String) {
    var zip = Zip(Pickle.dictionary { $0.tensor() })
    change(&zip)
    self.init(name, zip.bytes, finding)
  }

  /// A file of the older format whose fields lie.
  init(_ name: String, older change: (inout OlderFile) -> Void, _ finding: String) {
    var file = OlderFile(object: Pickle.dictionary { $0.tensor() })
    change(&file)
    self.init(name, file.bytes, finding)
  }
}

@Suite struct PyTorchHostileTests {
  let folder = ScratchFolder()

  private func read(_ bytes: [UInt8]) throws -> SafeTensors {
    try Data(bytes).write(to: URL(filePath: folder("m")))
    return try SafeTensors(readingPyTorch: folder("m"))
  }

  private func expectRefused(_ forgery: Forgery) {
    let error = #expect(throws: ModelFileError.self) { try read(forgery.bytes) }
    let message = error?.message ?? ""
    #expect(message.contains(forgery.finding), "\(message)")
    #expect(message.hasPrefix(folder("m") + ": "))
    #expect(message.count < 700)
    #expect(!message.contains("\n"))
  }

  private static func call(_ module: String, _ name: String) -> Pickle {
    Pickle().global(module, name).opcodes("(").text("touch /tmp/x").opcodes("tR")
  }

  static let pickles = [
    Forgery(
      "os.system", pickle: call("os", "system").opcodes("."), "unsupported object os.system"),
    Forgery(
      "posix.system in the older format",
      older: { $0.object = call("posix", "system").opcodes(".").bytes },
      "storage that no tensor names"),
    Forgery(
      "builtins.eval as a tensor",
      tensor: { $0.global("builtins", "eval").opcodes("(").text("1").opcodes("tR") },
      "has no tensors"),
    Forgery(
      "an allowed name's lookalike",
      tensor: { $0.global("torch._utils", "_rebuild_tensor_v2.system").opcodes(")R") },
      "has no tensors"),
    Forgery(
      "a call of a call's result",
      tensor: { $0.global("builtins", "getattr").opcodes(")R)R") }, "has no tensors"),
    Forgery(
      "NEWOBJ", tensor: { $0.global("subprocess", "Popen").opcodes(")").raw([0x81]) },
      "has no tensors"),
    Forgery(
      "a class as a tensor", tensor: { $0.global("torch", "Tensor") }, "has no tensors"),
    Forgery("INST", pickle: Pickle().raw(Array("(ios\nsystem\n.".utf8)), "opcode INST"),
    Forgery("EXT1", pickle: Pickle().raw([0x82, 1]), "opcode EXT1"),
    Forgery("EMPTY_SET", pickle: Pickle(4).raw([0x8F]), "opcode EMPTY_SET"),
    Forgery("DUP", pickle: Pickle().opcodes("N2"), "opcode DUP"),
    Forgery("an unknown opcode", pickle: Pickle().raw([0xFF]), "opcode 0xff"),
    Forgery("protocol 0", Zip(Array("(dp0\n.".utf8)).bytes, "does not begin as a pickle"),
    Forgery("protocol 6", pickle: Pickle(6).opcodes("}."), "does not begin as a pickle"),
    Forgery("an empty pickle", Zip([]).bytes, "does not begin as a pickle"),
    Forgery("no STOP", pickle: Pickle().opcodes("}"), "ends before its STOP"),
    Forgery("nothing at STOP", pickle: Pickle().opcodes("."), "ends with 0 values"),
    Forgery("two values at STOP", pickle: Pickle().opcodes("}}."), "ends with 2 values"),
    Forgery("bytes after STOP", pickle: Pickle().opcodes("}.}"), "has bytes after its end"),
    Forgery("an empty stack", pickle: Pickle().opcodes("R."), "takes 2 values from the stack"),
    Forgery("below a mark", pickle: Pickle().opcodes("N(\u{51}."), "takes 1 values"),
    Forgery("no mark", pickle: Pickle().opcodes("Nt."), "missing mark"),
    Forgery("an unknown memo", pickle: Pickle().raw([0x68, 7]), "asks for the value 7"),
    Forgery("a key alone", pickle: Pickle().opcodes("}(Nu."), "a key without a value"),
    Forgery("items of a number", pickle: Pickle().opcodes("K\u{1}NNs."), "items of a whole number"),
    Forgery("appending to a text", pickle: Pickle().text("a").opcodes("Na."), "appends to a text"),
    Forgery(
      "LONG4 of 2³¹", pickle: Pickle().raw([0x8B, 0, 0, 0, 0x80]), "announces 2147483648 bytes"),
    Forgery(
      "LONG1 of 255 absent bytes", pickle: Pickle().raw([0x8A, 255]), "announces 255 bytes"),
    Forgery(
      "a long number",
      pickle: Pickle().raw([0x8B, 0, 1, 0, 0] + [UInt8](repeating: 1, count: 256)),
      "whole number of 256 bytes"),
    Forgery(
      "a text of 2⁶³", pickle: Pickle(4).raw([0x8D, 0, 0, 0, 0, 0, 0, 0, 0x80]),
      "announces 9223372036854775808 bytes"),
    Forgery(
      "bytes of 2⁶⁴ - 1", pickle: Pickle(4).raw([0x8E] + [UInt8](repeating: 255, count: 8)),
      "announces 18446744073709551615 bytes"),
    Forgery(
      "a frame of 2⁶³", pickle: Pickle(4).raw([0x95, 0, 0, 0, 0, 0, 0, 0, 0x80]),
      "announces 9223372036854775808 bytes"),
    Forgery(
      "a name without an end",
      pickle: Pickle().opcodes("c" + String(repeating: "a", count: 2000)), "name of more than"),
    Forgery(
      "a million marks", pickle: Pickle().opcodes(String(repeating: "(", count: 1_000_000)),
      "nested deeper than"),
    Forgery(
      "two million values", pickle: Pickle().opcodes(String(repeating: "N", count: 2_000_000)),
      "makes more values than a file of"),
    Forgery(
      "fifty thousand lists in each other",
      pickle: Pickle().opcodes(
        String(repeating: "]", count: 50_000) + String(repeating: "a", count: 49_999) + "."),
      "holds a list"),
    Forgery(
      "fifty thousand tuples in each other",
      pickle: Pickle().opcodes(")").raw([UInt8](repeating: 0x85, count: 50_000)).opcodes("."),
      "holds a tuple"),
    Forgery(
      "a list in itself", pickle: Pickle().opcodes("]q\u{0}h\u{0}a."), "holds a list"),
    Forgery(
      "a dictionary in itself",
      pickle: Pickle().opcodes("}q\u{0}").text("state_dict").opcodes("h\u{0}s."),
      "a dictionary as state_dict where a tensor"),
    Forgery(
      "a tuple of itself as a size",
      tensor: {
        $0.opcodes(")q\u{0}0](h\u{0}h\u{0}eq\u{1}h\u{1}a").global("torch", "Size")
          .opcodes("h\u{1}\u{85}R")
      }, "data.pkl"),
    Forgery(
      "doubling by memo, sixty times",
      pickle: Pickle().opcodes(
        ")q\u{0}" + String(repeating: "0(h\u{0}h\u{0}tq\u{0}", count: 60) + "."), "holds a tuple"),
    Forgery(
      "one list made a dictionary again and again", pickle: orderedBomb(),
      "makes more values than a file of"),
    Forgery("no tensors", pickle: Pickle().opcodes("}."), "has no tensors"),
    Forgery(
      "a name twice",
      pickle: Pickle().opcodes("}(").text("a").tensor().text("a").tensor()
        .opcodes("u."), "'a' twice"),
    Forgery(
      "a reserved name", pickle: Pickle().opcodes("}").text("__metadata__").tensor().opcodes("s."),
      "reserved"),
    Forgery(
      "two dictionaries of tensors",
      pickle: Pickle().opcodes("}(").text("model").opcodes("}").text("model").opcodes("}u."),
      "key model twice"),
  ]

  /// `OrderedDict(list)` of one list of thousands of pairs, thousands of times.
  private static func orderedBomb() -> Pickle {
    Pickle().global("collections", "OrderedDict").opcodes("q\u{0}")
      .opcodes("](" + String(repeating: "NN\u{86}", count: 0))
      .raw(Array(repeating: [0x4E, 0x4E, 0x86], count: 5000).flatMap { $0 })
      .opcodes("e").raw([0x85]).opcodes("q\u{1}")
      .raw(Array(repeating: [0x68, 0, 0x68, 1, 0x52], count: 5000).flatMap { $0 })
  }

  @Test(arguments: pickles) func picklesAreRefused(forgery: Forgery) { expectRefused(forgery) }

  static let tensors = [
    Forgery("beyond its storage", tensor: { $0.tensor(size: [7], stride: [1]) }, "beyond"),
    Forgery("an offset beyond", tensor: { $0.tensor(offset: 1) }, "beyond its storage"),
    Forgery("a negative offset", tensor: { $0.tensor(offset: -1) }, "beyond its storage"),
    Forgery("a huge offset", tensor: { $0.tensor(offset: .max) }, "beyond its storage"),
    Forgery("a negative size", tensor: { $0.tensor(size: [-2, 3]) }, "negative"),
    Forgery("a negative stride", tensor: { $0.tensor(stride: [-3, 1]) }, "negative"),
    Forgery(
      "sizes that overflow", tensor: { $0.tensor(size: [1 << 62, 4], stride: [0, 0]) },
      "impossible shape"),
    Forgery(
      "sizes that overflow, of nothing",
      tensor: { $0.tensor(size: [1 << 62, 1 << 62, 0], stride: [0, 0, 0]) }, "impossible shape"),
    Forgery(
      "strides that overflow", tensor: { $0.tensor(size: [2, 3], stride: [.max, .max]) }, "beyond"),
    Forgery(
      "a size times a stride that overflows",
      tensor: { $0.tensor(size: [5, 1], stride: [1 << 62, 1]) }, "beyond"),
    Forgery(
      "one element a thousand million times",
      tensor: { $0.tensor(size: [1000, 1000, 1000], stride: [0, 0, 0]) }, "twice the file"),
    Forgery("over itself", tensor: { $0.tensor(size: [2, 3], stride: [1, 1]) }, "over itself"),
    Forgery("fewer strides", tensor: { $0.tensor(stride: [1]) }, "2 sizes and 1 strides"),
    Forgery(
      "seventeen dimensions",
      tensor: {
        $0.tensor(size: [Int](repeating: 1, count: 17), stride: [Int](repeating: 1, count: 17))
      }, "at most 16"),
    Forgery("no such storage", tensor: { $0.tensor(key: "1") }, "the storage 1, which the file"),
    Forgery("a storage's path", tensor: { $0.tensor(key: "../data/0") }, "which the file lacks"),
    Forgery("a larger storage", tensor: { $0.tensor(count: 7) }, "7 elements of 4 were announced"),
    Forgery("a negative storage", tensor: { $0.tensor(count: -1) }, "of -1 elements"),
    Forgery("a huge storage", tensor: { $0.tensor(count: .max) }, "elements"),
    Forgery("an unknown type", tensor: { $0.tensor(type: "FileStorage") }, "torch.FileStorage"),
    Forgery(
      "a type of which no tensor is made",
      tensor: { $0.tensor(type: "ComplexFloatStorage", count: 3, size: [1], stride: [1]) },
      "ComplexFloatStorage"),
    Forgery(
      "one storage of two types",
      tensor: { $0.tensor(type: "IntStorage").opcodes("0").tensor() }, "two types or sizes"),
    Forgery(
      "a storage as a tensor",
      tensor: {
        $0.opcodes("(").text("storage").global("torch", "FloatStorage").text("0").text("cpu")
          .integer(6).opcodes("tQ")
      }, "has no tensors"),
    Forgery("a persistent id of nothing", tensor: { $0.opcodes(")Q") }, "persistent id"),
    Forgery(
      "a tensor of nothing",
      tensor: { $0.global("torch._utils", "_rebuild_tensor_v2").opcodes(")R") }, "other arguments"),
    Forgery(
      "not finite",
      Zip(
        Pickle.dictionary { $0.tensor() }, ["0": Zip.floats([1, 2, .nan, 4, 5, 6])]
      ).bytes, "position 2"),
    Forgery(
      "too large for float32",
      Zip(
        Pickle.dictionary { $0.tensor(type: "DoubleStorage", count: 1, size: [1], stride: [1]) },
        ["0": little(1e300.bitPattern, 8)]
      ).bytes, "too large for float32"),
  ]

  @Test(arguments: tensors) func tensorsAreRefused(forgery: Forgery) { expectRefused(forgery) }

  static let archives = [
    Forgery("deflated", zip: { $0.entries[1].method = 8 }, "top/data/0 is compressed (method 8)"),
    Forgery("encrypted", zip: { $0.entries[1].flags = 1 }, "encrypted"),
    Forgery("two methods", zip: { $0.entries[1].localMethod = 8 }, "contradicts its own header"),
    Forgery("two names", zip: { $0.entries[1].localName = "x" }, "contradicts its own header"),
    Forgery("two sizes", zip: { $0.entries[1].localSize = 20 }, "contradicts its own header"),
    Forgery(
      "one entry at two places", zip: { $0.entries[1].offset = 0 }, "lies over another"),
    Forgery(
      "an entry within another",
      zip: {
        // A storage that holds an archive's entry, which the directory names too.
        let inner = Zip([0x80])
        $0.entries[1].data = Array(inner.bytes.prefix(60))
        var entry = inner.entries[0]
        entry.offset = 30 + 12 + UInt64($0.entries[0].data.count) + 30 + 10
        $0.entries.append(entry)
      }, "lies over another"),
    Forgery(
      "a size of 2⁶³",
      zip: {
        $0.isWide = true
        $0.entries[1].size = 1 << 63
        $0.entries[1].localSize = 0
        $0.entries[1].flags = 8
      }, "9223372036854775808 bytes lies outside"),
    Forgery(
      "an offset of 2⁶³",
      zip: {
        $0.isWide = true
        $0.entries[1].offset = 1 << 63
      }, "outside of the file"),
    Forgery("into the directory", zip: { $0.entries[1].size = 200 }, "contradicts its own"),
    Forgery(
      "an entry twice", zip: { $0.entries.append($0.entries[1]) }, "top/data/0 twice"),
    Forgery(
      "more entries than there are", zip: { $0.entryCount = 3 }, "its directory of 3 entries"),
    Forgery("fewer entries than there are", zip: { $0.entryCount = 1 }, "bytes left over"),
    Forgery("65535 entries", zip: { $0.entryCount = 65535 }, "zip64 end record is missing"),
    Forgery(
      "2⁴⁰ entries",
      zip: {
        $0.isWide = true
        $0.entryCount = 1 << 40
      }, "directory of 1099511627776 entries"),
    Forgery("a directory too long", zip: { $0.directorySize = 1 << 30 }, "must end at"),
    Forgery("a directory elsewhere", zip: { $0.directoryOffset = 0 }, "must end at"),
    Forgery(
      "a directory at 2⁶³",
      zip: {
        $0.isWide = true
        $0.directoryOffset = 1 << 63
      }, "must end at"),
    Forgery("no data.pkl", zip: { $0.entries[0].name = "top/other" }, "0 entries NAME/data.pkl"),
    Forgery(
      "two of data.pkl",
      zip: { $0.entries.append(.init(name: "other/data.pkl", data: [])) },
      "2 entries NAME/data.pkl"),
    Forgery(
      "big-endian",
      zip: { $0.entries.append(.init(name: "top/byteorder", data: Array("big".utf8))) },
      "big-endian"),
    Forgery(
      "an archive of Keras", zip: { $0.entries[0].name = "model.weights.h5" }, "model.export("),
    Forgery("HDF5", [0x89] + Array("HDF\r\n\u{1A}\n and more".utf8), "model.export("),
    Forgery("a beginning alone", Array("PK\u{3}\u{4}".utf8), "cut short"),
    Forgery("not PyTorch at all", Array("a text that is long enough".utf8), "torch.save"),
  ]

  @Test(arguments: archives) func archivesAreRefused(forgery: Forgery) { expectRefused(forgery) }

  static let older = [
    Forgery("another magic number", older: { $0.magic[6] ^= 1 }, "magic number"),
    Forgery(
      "another version", older: { $0.version = Pickle().integer(1002).opcodes(".").bytes },
      "version 1001"),
    Forgery(
      "big-endian, older",
      older: {
        $0.system = Pickle().opcodes("}").text("little_endian").raw([0x89]).opcodes("s.").bytes
      },
      "big-endian"),
    Forgery("a huge count", older: { $0.count = .max }, "18446744073709551615 elements"),
    Forgery("another count", older: { $0.count = 5 }, "5 elements where 6"),
    Forgery("a cut storage", older: { $0.data.removeLast() }, "needs 24 bytes and 23 are left"),
    Forgery("bytes at the end", older: { $0.tail = [0] }, "1 bytes after its last storage"),
    Forgery("no keys", older: { $0.keys = [] }, "bytes after its last storage"),
    Forgery("an unknown key", older: { $0.keys = ["1"] }, "no tensor names"),
    Forgery("a key twice", older: { $0.keys = ["0", "0"] }, "a second one of a key"),
    Forgery(
      "no storage at all",
      older: {
        $0.keys = []
        $0.data = []
      }, "bytes after its last storage"),
    Forgery(
      "an ordinary pickle", Pickle().opcodes("}(NNu.").bytes, "not one that torch.save wrote"),
  ]

  @Test(arguments: older) func olderFilesAreRefused(forgery: Forgery) { expectRefused(forgery) }

  // MARK: Damage

  private static let damaged = ["network.pt", "network-old.pt"]

  @Test(arguments: damaged) func cutAnywhereItIsRefused(name: String) throws {
    let bytes = try PyTorchFixtures.bytes(name)
    for length in 0..<bytes.count {
      let error = #expect(throws: ModelFileError.self) { try read(Array(bytes[..<length])) }
      #expect(error?.message.hasPrefix(folder("m") + ": ") == true)
    }
  }

  @Test(arguments: damaged) func withAnyByteChangedItIsReadOrRefused(name: String) throws {
    let bytes = try PyTorchFixtures.bytes(name)
    var refused = 0
    for place in bytes.indices {
      for change: UInt8 in [0xFF, 0x01, 0x80] {
        var changed = bytes
        changed[place] ^= change
        do {
          let tensors = try read(changed)
          for name in tensors.names {
            let tensor = try #require(tensors[name])
            #expect(tensor.bytes.count == tensor.count * tensor.type.size)
          }
        } catch let error as ModelFileError {
          #expect(error.message.hasPrefix(folder("m") + ": "))
          refused += 1
        }
      }
    }
    #expect(refused > bytes.count / 4)
  }
}
