import FileStore

extension ONNXTensor {
  static let maximumDimensions = 16

  /// TensorProto.
  init(_ reader: inout ProtobufReader, _ origin: ONNXOrigin) throws(ProtobufFailure) {
    var dims: [Int64] = []
    var typeNumber: Int64 = 0
    var name = ""
    var location: Int64 = 0
    var entries: [(key: String, value: String)] = []
    var data: [(field: String, bytes: ArraySlice<UInt8>)] = []
    while let field = try reader.nextField() {
      switch field {
      case 1: try reader.appendIntegers("dims", to: &dims)
      case 2: typeNumber = try reader.integer("data_type")
      case 3: throw reader.failure("tensors in segments are not read", in: "segment")
      case 4: data.append(("float_data", try reader.data("float_data")))
      case 5: data.append(("int32_data", try reader.data("int32_data")))
      case 7: data.append(("int64_data", try reader.data("int64_data")))
      case 8: name = try reader.text("name")
      case 9: data.append(("raw_data", try reader.data("raw_data")))
      case 10: data.append(("double_data", try reader.data("double_data")))
      case 13:
        try reader.append("external_data", to: &entries) { (r) throws(ProtobufFailure) in
          try stringEntry(&r)
        }
      case 14: location = try reader.integer("data_location")
      default: try reader.skip()
      }
    }
    guard let type = ElementType(rawValue: Int(typeNumber)) else {
      throw reader.failure("the type \(typeNumber) of \"\(name)\" is not read", in: "data_type")
    }
    guard dims.count <= ONNXTensor.maximumDimensions,
      let count = ONNXTensor.product(dims.map(Int.init)),
      let length = ONNXTensor.product([count, type.size ?? 1])
    else {
      throw reader.failure("\"\(name)\" has an impossible shape", in: "dims")
    }
    data.removeAll { $0.bytes.isEmpty }
    if data.count > 1 {
      throw reader.failure("\"\(name)\" has data twice", in: data[1].field)
    }
    let storage: Storage
    switch location {
    case 0:
      storage = try ONNXTensor.inside(data.first, type, count, length, name, reader)
    case 1:
      if let data = data.first {
        throw reader.failure("\"\(name)\" has data here and elsewhere", in: data.field)
      }
      storage = .external(
        try External(
          try dictionary(entries, "external_data", reader), origin.folder, length, reader))
    default:
      throw reader.failure("0 or 1 expected, found \(location)", in: "data_location")
    }
    self.init(
      name: name, type: type, dims: dims.map(Int.init), count: count, storage: storage,
      source: origin.source)
  }

  /// Data in the model file, of which there must be as much as the shape needs.
  private static func inside(
    _ data: (field: String, bytes: ArraySlice<UInt8>)?, _ type: ElementType, _ count: Int,
    _ length: Int, _ name: String, _ reader: ProtobufReader
  ) throws(ProtobufFailure) -> Storage {
    guard let (field, bytes) = data else {
      switch type {
      case .string, .uint32, .uint64, .complex64, .complex128: return .unread
      default:
        if count == 0 { return .raw([]) }
        throw reader.failure("\"\(name)\" has no data for its \(count) elements")
      }
    }
    let needed: ClosedRange<Int>
    let storage: Storage
    switch (field, type) {
    case ("raw_data", _) where type != .string, ("float_data", .float), ("double_data", .double):
      needed = length...length
      storage = .raw(bytes)
    case ("int32_data", .int32), ("int32_data", .uint8), ("int32_data", .int8),
      ("int32_data", .uint16), ("int32_data", .int16), ("int32_data", .bool),
      ("int32_data", .float16), ("int32_data", .bfloat16):
      needed = varintBytes(count)
      storage = .varints32(bytes)
    case ("int64_data", .int64):
      needed = varintBytes(count)
      storage = .varints64(bytes)
    case ("float_data", .complex64), ("double_data", .complex128): return .unread
    default: throw reader.failure("\"\(name)\" is \(type.name)", in: field)
    }
    guard needed.contains(bytes.count) else {
      throw reader.failure(
        "\"\(name)\" has \(bytes.count) bytes where its \(count) elements of \(type.name) need "
          + (needed.count == 1 ? "\(length)" : "\(needed.lowerBound) to \(needed.upperBound)"),
        in: field)
    }
    return storage
  }

  /// Each varint has from one to ten bytes.
  private static func varintBytes(_ count: Int) -> ClosedRange<Int> {
    let (most, overflow) = count.multipliedReportingOverflow(by: 10)
    return count...(overflow ? .max : most)
  }
}

extension ONNXTensor.External {
  /// - Parameter needed: bytes of the tensor; a length in the file must be the same.
  fileprivate init(
    _ entries: [String: String], _ folder: String?, _ needed: Int, _ reader: ProtobufReader
  ) throws(ProtobufFailure) {
    guard let location = entries["location"], FolderFile.isInside(location) else {
      throw reader.failure(
        "a file inside the model's folder expected, found \"\(entries["location"] ?? "")\"",
        in: "external_data.location")
    }
    let offset = try Self.number("offset", entries, reader) ?? 0
    let length = try Self.number("length", entries, reader) ?? needed
    guard length == needed else {
      throw reader.failure(
        "\(needed) bytes expected by type and shape, found \(length)",
        in: "external_data.length")
    }
    self.init(folder: folder, location: location, offset: offset, length: length)
  }

  private static func number(
    _ key: String, _ entries: [String: String], _ reader: ProtobufReader
  ) throws(ProtobufFailure) -> Int? {
    guard let text = entries[key] else { return nil }
    guard let number = Int(text), number >= 0 else {
      throw reader.failure(
        "a number of bytes expected, found \"\(text.prefix(40))\"", in: "external_data.\(key)")
    }
    return number
  }
}

extension ONNXAttribute {
  /// AttributeProto.
  static func read(
    _ reader: inout ProtobufReader, _ origin: ONNXOrigin
  ) throws(ProtobufFailure) -> (name: String, value: ONNXAttribute) {
    var name = ""
    var type: Int64 = 0
    var float: Float?
    var int: Int64?
    var string: String?
    var tensor: ONNXTensor?
    var floats: [Float] = []
    var ints: [Int64] = []
    var strings: [String] = []
    while let field = try reader.nextField() {
      switch field {
      case 1: name = try reader.text("name")
      case 2: float = try reader.float("f")
      case 3: int = try reader.integer("i")
      case 4: string = try reader.text("s", limit: ProtobufReader.Limit.text)
      case 5:
        tensor = try reader.message("t") { (r) throws(ProtobufFailure) in
          try ONNXTensor(&r, origin)
        }
      case 7: try reader.appendFloats("floats", to: &floats)
      case 8: try reader.appendIntegers("ints", to: &ints)
      case 9:
        try reader.appendText("strings", to: &strings, limit: ProtobufReader.Limit.text)
      case 20: type = try reader.integer("type")
      default:
        if let kind = unread[field] {
          throw reader.failure("the attribute \"\(name)\" has \(kind), which is not read")
        }
        try reader.skip()
      }
    }
    // The oldest files have no type: then it is that of the value.
    if type == 0 {
      let present: [(Int64, Bool)] = [
        (1, float != nil), (2, int != nil), (3, string != nil), (4, tensor != nil),
        (6, !floats.isEmpty), (7, !ints.isEmpty), (8, !strings.isEmpty),
      ].filter { $0.1 }
      if present.count == 1 { type = present[0].0 }
    }
    let value: ONNXAttribute?
    switch type {
    // Writers of proto3 leave out values of zero.
    case 1: value = .float(float ?? 0)
    case 2: value = .int(int ?? 0)
    case 3: value = .string(string ?? "")
    case 4: value = tensor.map { .tensor($0) }
    case 6: value = .floats(floats)
    case 7: value = .ints(ints)
    case 8: value = .strings(strings)
    default: value = nil
    }
    guard let value else {
      throw reader.failure("the attribute \"\(name)\" of type \(type) has no value that is read")
    }
    return (name, value)
  }

  /// Fields that hold what no attribute here can be.
  private static let unread = [
    6: "a graph", 10: "a list of tensors", 11: "a list of graphs", 14: "a type",
    15: "a list of types", 21: "a reference to a function's attribute", 22: "a sparse tensor",
    23: "a list of sparse tensors",
  ]
}
