import Foundation

/// What `Tests/Fixtures/pytorch/make-pytorch-fixtures.py` wrote.
enum PyTorchFixtures {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Fixtures/pytorch").path

  static func path(_ name: String) -> String { folder + "/" + name }

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: path(name))))
  }
}

/// A pickle, opcode by opcode.
struct Pickle {
  private(set) var bytes: [UInt8]

  init(_ version: UInt8 = 2) { bytes = [0x80, version] }

  func raw(_ more: [UInt8]) -> Pickle {
    var copy = self
    copy.bytes += more
    return copy
  }

  /// Opcodes without arguments, by their characters.
  func opcodes(_ text: String) -> Pickle { raw(Array(text.utf8)) }

  func text(_ text: String) -> Pickle {
    raw([0x58] + little(UInt64(text.utf8.count), 4) + Array(text.utf8))
  }

  func integer(_ value: Int) -> Pickle {
    raw([0x8A, 8] + little(UInt64(bitPattern: Int64(value)), 8))
  }

  func global(_ module: String, _ name: String) -> Pickle {
    raw(Array("c\(module)\n\(name)\n".utf8))
  }

  func numbers(_ values: [Int]) -> Pickle {
    var copy = opcodes("(")
    for value in values { copy = copy.integer(value) }
    return copy.opcodes("t")
  }

  /// A tensor over the storage of this key.
  func tensor(
    key: String = "0", type: String = "FloatStorage", count: Int = 6, offset: Int = 0,
    size: [Int] = [2, 3], stride: [Int] = [3, 1]
  ) -> Pickle {
    global("torch._utils", "_rebuild_tensor_v2").opcodes("((").text("storage")
      .global("torch", type).text(key).text("cpu").integer(count).opcodes("tQ").integer(offset)
      .numbers(size).numbers(stride).raw([0x89]).opcodes("NtR")
  }

  /// What is begun here as a whole dictionary `{"a": …}`.
  static func dictionary(_ value: (Pickle) -> Pickle) -> [UInt8] {
    value(Pickle().opcodes("}").text("a")).opcodes("s.").bytes
  }
}

/// The lowest `count` bytes, little-endian.
func little(_ value: UInt64, _ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
}

/// A zip archive with fields that can be told to lie.
struct Zip {
  struct Entry {
    var name: String
    var data: [UInt8]
    var method = 0
    var flags = 0
    /// What the local header says, where it is another.
    var localName: String?
    var localSize: Int?
    var localMethod: Int?
    /// What the directory says, where it is another.
    var size: UInt64?
    var offset: UInt64?
    var disk = 0
  }

  var entries: [Entry]
  var comment: [UInt8] = []
  /// Sizes and offsets of the directory stand in zip64 fields.
  var isWide = false
  var entryCount: Int?
  var directorySize: UInt64?
  var directoryOffset: UInt64?
  /// Between the last entry and the directory.
  var gap = 0

  /// `data.pkl` and storages.
  init(_ pickle: [UInt8], _ storages: [String: [UInt8]] = ["0": floats([1, 2, 3, 4, 5, 6])]) {
    entries = [Entry(name: "top/data.pkl", data: pickle)]
    for (key, data) in storages.sorted(by: { $0.key < $1.key }) {
      entries.append(Entry(name: "top/data/\(key)", data: data))
    }
  }

  static func floats(_ values: [Float]) -> [UInt8] {
    values.flatMap { little(UInt64($0.bitPattern), 4) }
  }

  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    var directory: [UInt8] = []
    for entry in entries {
      let offset = entry.offset ?? UInt64(bytes.count)
      let size = entry.size ?? UInt64(entry.data.count)
      let local = UInt64(entry.localSize ?? entry.data.count)
      let localName = Array((entry.localName ?? entry.name).utf8)
      bytes += [0x50, 0x4B, 3, 4, 20, 0] + little(UInt64(entry.flags), 2)
      bytes += little(UInt64(entry.localMethod ?? entry.method), 2) + little(0, 8)
      bytes += little(local, 4) + little(local, 4) + little(UInt64(localName.count), 2)
      bytes += [0, 0] + localName + entry.data
      let extra =
        isWide ? [1, 0, 24, 0] + little(size, 8) + little(size, 8) + little(offset, 8) : []
      directory += [0x50, 0x4B, 1, 2, 20, 0, 20, 0] + little(UInt64(entry.flags), 2)
      directory += little(UInt64(entry.method), 2) + little(0, 8)
      directory += little(isWide ? .max : size, 4) + little(isWide ? .max : size, 4)
      directory += little(UInt64(entry.name.utf8.count), 2) + little(UInt64(extra.count), 2)
      directory +=
        little(0, 10) + little(isWide ? .max : offset, 4) + Array(entry.name.utf8) + extra
    }
    bytes += [UInt8](repeating: 0, count: gap)
    let start = directoryOffset ?? UInt64(bytes.count)
    let size = directorySize ?? UInt64(directory.count)
    let count = UInt64(entryCount ?? entries.count)
    bytes += directory
    if isWide {
      let wide = bytes.count
      bytes += [0x50, 0x4B, 6, 6] + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 8)
      bytes += little(count, 8) + little(count, 8) + little(size, 8) + little(start, 8)
      bytes += [0x50, 0x4B, 6, 7] + little(0, 4) + little(UInt64(wide), 8) + little(1, 4)
    }
    bytes += [0x50, 0x4B, 5, 6] + little(0, 4)
    bytes += little(isWide ? .max : count, 2) + little(isWide ? .max : count, 2)
    bytes += little(isWide ? .max : size, 4) + little(isWide ? .max : start, 4)
    return bytes + little(UInt64(comment.count), 2) + comment
  }
}

/// A file of the older format.
struct OlderFile {
  var magic = Pickle().raw([0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19])
    .opcodes(".").bytes
  var version = Pickle().integer(1001).opcodes(".").bytes
  var system = Pickle().opcodes("}").text("little_endian").raw([0x88]).opcodes("s.").bytes
  var object: [UInt8]
  var keys = ["0"]
  var count: UInt64 = 6
  var data = Zip.floats([1, 2, 3, 4, 5, 6])
  var tail: [UInt8] = []

  var bytes: [UInt8] {
    var list = Pickle().opcodes("](")
    for key in keys { list = list.text(key) }
    return magic + version + system + object + list.opcodes("e.").bytes + little(count, 8) + data
      + tail
  }
}
