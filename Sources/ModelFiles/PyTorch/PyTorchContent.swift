import FileStore

/// The object in a file of `torch.save` and where its storages lie, in both formats.
struct PyTorchContent {
  /// Fits networks of tens of thousands of tensors.
  private static let mostPickleBytes = 1 << 26

  let root: PickleValue
  let heap: PickleHeap
  /// The bytes of each storage of the heap.
  private(set) var ranges: [Range<Int>?]

  private init(root: PickleValue, heap: PickleHeap) {
    self.root = root
    self.heap = heap
    ranges = Array(repeating: nil, count: heap.storages.count)
  }

  // MARK: Zip format

  /// A zip archive of PyTorch 1.6 and later: the object in `NAME/data.pkl`, each storage in
  /// `NAME/data/KEY`.
  static func archive(_ file: WeightFile) throws(ModelFileError) -> PyTorchContent {
    let zip = try WeightArchive(file)
    if zip.ranges["model.weights.h5"] != nil { throw WeightFormat.keras(file) }
    let objects = zip.ranges.keys.filter { name in
      let parts = name.split(separator: "/", omittingEmptySubsequences: false)
      return parts.count == 2 && parts[1] == "data.pkl"
    }
    guard objects.count == 1, let object = objects.first, let range = zip.ranges[object] else {
      throw file.error(
        .format,
        "is a zip archive with \(objects.count) entries NAME/data.pkl where a PyTorch file has "
          + "one; give a file that torch.save wrote")
    }
    let top = object.dropLast("data.pkl".count)
    if let order = zip.ranges[top + "byteorder"] {
      let text = try file.bytes(min(16, order.count), at: order.lowerBound)
      if text != Array("little".utf8) { throw bigEndian(file) }
    }
    if range.count > mostPickleBytes {
      throw file.error(
        .format,
        "\(object) has \(range.count) bytes, more than the \(mostPickleBytes) allowed; \(advice)")
    }
    var reader = PickleReader(WeightFileCursor(file, range), label: "data.pkl")
    let root = try reader.read()
    if reader.cursor.left > 0 { throw reader.failure("has bytes after its end") }
    var content = PyTorchContent(root: root, heap: reader.heap)
    for (index, storage) in content.heap.storages.enumerated() {
      guard let range = zip.ranges[top + "data/" + storage.key] else { continue }
      if range.count != storage.count * storage.element.size {
        throw file.error(
          .format,
          "the storage \(PickleReader.short(storage.key)) has \(range.count) bytes where "
            + "\(storage.count) elements of \(storage.element.size) were announced; "
            + "it is damaged or forged: copy it again")
      }
      content.ranges[index] = range
    }
    return content
  }

  // MARK: Older format

  /// 0x1950A86A20F9469CFC6C, little-endian.
  private static let magic: [UInt8] = [
    0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
  ]

  /// The format before PyTorch 1.6: magic number, version 1001, facts of the system, the object and
  /// the keys of the storages, each a pickle, and then for each key a count of elements (8 bytes)
  /// and the elements.
  static func older(_ file: WeightFile) throws(ModelFileError) -> PyTorchContent {
    var cursor = WeightFileCursor(file, 0..<file.size)
    func next(_ label: String) throws(ModelFileError) -> (value: PickleValue, heap: PickleHeap) {
      var reader = PickleReader(cursor, label: label)
      let value = try reader.read()
      cursor = reader.cursor
      return (value, reader.heap)
    }
    guard case .longInteger(magic) = try next("the first pickle").value else {
      throw file.error(
        .format,
        "is a pickle but not one that torch.save wrote (it lacks its magic number); \(advice)")
    }
    guard case .integer(1001) = try next("the pickle of the version").value else {
      throw file.error(.format, "is not of version 1001 of PyTorch's older format; \(advice)")
    }
    let system = try next("the pickle of the system")
    if case .dictionary(let index) = system.value {
      for case (.text("little_endian"), .boolean(false)) in system.heap.dictionaries[index] {
        throw bigEndian(file)
      }
    }
    let object = try next("the pickle of the object")
    let keys = try next("the pickle of the storages' keys")
    if cursor.position > mostPickleBytes {
      throw file.error(
        .format,
        "its pickles have \(cursor.position) bytes, more than the \(mostPickleBytes) allowed; "
          + advice)
    }
    var content = PyTorchContent(root: object.value, heap: object.heap)
    guard case .list(let list) = keys.value else {
      throw file.error(
        .format, "has \(keys.value.kind) where the keys of storages should be; \(advice)")
    }
    try content.locate(keys.heap.sequences[list], cursor)
    return content
  }

  /// Finds the storages, one after the other in the order of their keys.
  private mutating func locate(
    _ keys: [PickleValue], _ start: WeightFileCursor
  ) throws(ModelFileError) {
    var cursor = start
    let file = cursor.file
    for key in keys {
      guard case .text(let text) = key, let index = heap.storage(text), ranges[index] == nil else {
        throw file.error(
          .format,
          "has a storage that no tensor names or a second one of a key; \(PyTorchContent.advice)")
      }
      let storage = heap.storages[index]
      let name = PickleReader.short(text)
      if cursor.left < 8 {
        throw file.error(
          .truncated, "is cut short before the storage \(name); copy it again")
      }
      let count = littleEndian(try cursor.take(8))
      guard count == UInt64(storage.count) else {
        throw file.error(
          .format,
          "the storage \(name) has \(count) elements where \(storage.count) were announced; "
            + "it is damaged or forged: copy it again")
      }
      let bytes = storage.count * storage.element.size
      if bytes > cursor.left {
        throw file.error(
          .truncated,
          "is cut short: the storage \(name) needs \(bytes) bytes and \(cursor.left) are left; "
            + "copy it again")
      }
      ranges[index] = cursor.position..<cursor.position + bytes
      cursor.skip(bytes)
    }
    if cursor.left > 0 {
      throw file.error(
        .format, "has \(cursor.left) bytes after its last storage; it is damaged or forged")
    }
  }

  private static func bigEndian(_ file: WeightFile) -> ModelFileError {
    file.error(
      .format,
      "was written on a big-endian machine, whose numbers are not read; "
        + "load it with PyTorch and save it again")
  }

  private static let advice = "give a file that torch.save(model.state_dict(), …) wrote"
}
