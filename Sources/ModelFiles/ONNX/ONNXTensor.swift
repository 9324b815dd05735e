import FileStore

/// A constant tensor, row-major.
///
/// One that was read keeps a part of the file's bytes, or the name of the file where they lie, and
/// is decoded when it is asked for; as long as it lives the bytes of the whole file do.
public struct ONNXTensor: Sendable {
  /// The element types, by their numbers in the file.
  public enum ElementType: Int, Sendable {
    /// IEEE 754, 32 bits.
    case float = 1
    /// Whole numbers from 0 to 255.
    case uint8 = 2
    /// Whole numbers of 8 bits with a sign.
    case int8 = 3
    /// Whole numbers of 16 bits without a sign.
    case uint16 = 4
    /// Whole numbers of 16 bits with a sign.
    case int16 = 5
    /// Whole numbers of 32 bits with a sign.
    case int32 = 6
    /// Whole numbers of 64 bits with a sign.
    case int64 = 7
    /// Texts; known by name only.
    case string = 8
    /// A byte each, 0 or 1.
    case bool = 9
    /// IEEE 754, 16 bits.
    case float16 = 10
    /// IEEE 754, 64 bits.
    case double = 11
    /// Whole numbers of 32 bits without a sign.
    case uint32 = 12
    /// Whole numbers of 64 bits without a sign.
    case uint64 = 13
    /// Two floats of 32 bits; known by name only.
    case complex64 = 14
    /// Two floats of 64 bits; known by name only.
    case complex128 = 15
    /// The upper half of a 32-bit float.
    case bfloat16 = 16

    /// The name ONNX gives it, such as `FLOAT16`.
    public var name: String { "\(self)".uppercased() }

    /// Bytes of one element in raw data; nil for strings.
    public var size: Int? {
      switch self {
      case .uint8, .int8, .bool: 1
      case .uint16, .int16, .float16, .bfloat16: 2
      case .float, .int32, .uint32: 4
      case .int64, .uint64, .double, .complex64: 8
      case .complex128: 16
      case .string: nil
      }
    }
  }

  /// Where the elements are.
  enum Storage: Sendable {
    case floats([Float])
    case integers([Int64])
    /// Little-endian, part of the model file.
    case raw(ArraySlice<UInt8>)
    /// Packed varints of `int32_data`, part of the model file.
    case varints32(ArraySlice<UInt8>)
    /// Packed varints of `int64_data`, part of the model file.
    case varints64(ArraySlice<UInt8>)
    case external(External)
    /// In a field for types that are not decoded here.
    case unread
  }

  /// Little-endian bytes in a file beside the model.
  struct External: Sendable {
    /// The model's folder; nil where the model came from bytes.
    let folder: String?
    /// Inside `folder`.
    let location: String
    let offset: Int
    /// As many as the shape needs.
    let length: Int
  }

  /// What nodes call it.
  public var name: String
  /// How its elements are stored.
  public let type: ElementType
  /// Sizes of its axes; empty for a scalar.
  public let dims: [Int]
  /// The product of `dims`; 1 for a scalar (`[]`).
  public let count: Int
  let storage: Storage
  /// What messages call the model it came from.
  let source: String

  init(
    name: String, type: ElementType, dims: [Int], count: Int, storage: Storage, source: String
  ) {
    self.name = name
    self.type = type
    self.dims = dims
    self.count = count
    self.storage = storage
    self.source = source
  }

  /// A FLOAT tensor; `floats` is as many as `dims` ask for.
  public init(name: String = "", dims: [Int], floats: [Float]) {
    precondition(
      ONNXTensor.product(dims) == floats.count, "\(name): \(floats.count) floats for \(dims)")
    self.init(
      name: name, type: .float, dims: dims, count: floats.count, storage: .floats(floats),
      source: "")
  }

  /// An INT64 tensor; a list where `dims` is left out.
  public init(name: String = "", dims: [Int]? = nil, integers: [Int64]) {
    let dims = dims ?? [integers.count]
    precondition(
      ONNXTensor.product(dims) == integers.count,
      "\(name): \(integers.count) integers for \(dims)")
    self.init(
      name: name, type: .int64, dims: dims, count: integers.count, storage: .integers(integers),
      source: "")
  }

  /// The number of elements; nil where a size is negative or the product overflows.
  static func product(_ dims: [Int]) -> Int? {
    var product = 1
    // Past zeros too: no product of some of these sizes may overflow later.
    for size in dims {
      let (next, overflow) = product.multipliedReportingOverflow(by: max(1, size))
      if overflow || size < 0 { return nil }
      product = next
    }
    return dims.contains(0) ? 0 : product
  }

  // MARK: Elements

  /// The elements of a FLOAT, FLOAT16, BFLOAT16 or DOUBLE tensor, doubles rounded; infinities and
  /// NaN are passed on.
  public func floats() throws(ModelFileError) -> [Float] {
    switch type {
    case .float:
      if case .floats(let floats) = storage { return floats }
      return try decoded { Float(bitPattern: $0 as UInt32) }
    case .double: return try decoded { Float(Double(bitPattern: $0 as UInt64)) }
    case .float16: return try decoded { Float(Float16(bitPattern: $0 as UInt16)) }
    case .bfloat16: return try decoded { Float(bitPattern: UInt32($0 as UInt16) << 16) }
    default: throw mismatch("FLOAT, FLOAT16, BFLOAT16 or DOUBLE")
    }
  }

  /// The elements of an INT64, INT32, UINT8 or BOOL (0 and 1) tensor.
  public func integers() throws(ModelFileError) -> [Int64] {
    switch type {
    case .int64:
      if case .integers(let integers) = storage { return integers }
      return try decoded { Int64(bitPattern: $0 as UInt64) }
    case .int32: return try decoded { Int64(Int32(bitPattern: $0 as UInt32)) }
    case .uint8: return try decoded { Int64($0 as UInt8) }
    case .bool: return try decoded { $0 as UInt8 == 0 ? 0 : 1 }
    default: throw mismatch("INT64, INT32, UINT8 or BOOL")
    }
  }

  /// The elements from their bits, wherever they are stored.
  private func decoded<Bits: FixedWidthInteger & UnsignedInteger, Value>(
    _ value: (Bits) -> Value
  ) throws(ModelFileError) -> [Value] {
    switch storage {
    case .raw(let bytes): return bytes.withUnsafeBytes { decoded($0, value) }
    case .external(let external):
      let bytes = try read(external)
      return bytes.withUnsafeBytes { decoded($0, value) }
    case .varints32(let packed), .varints64(let packed): return try decoded(packed, value)
    case .floats, .integers: preconditionFailure("taken as they are")
    case .unread: throw error("its data is not in a field of \(type.name)")
    }
  }

  private func decoded<Bits: FixedWidthInteger, Value>(
    _ bytes: UnsafeRawBufferPointer, _ value: (Bits) -> Value
  ) -> [Value] {
    precondition(bytes.count == count * MemoryLayout<Bits>.size, "checked when it was read")
    return [Value](unsafeUninitializedCapacity: count) { buffer, filled in
      for index in 0..<count {
        let bits = bytes.loadUnaligned(
          fromByteOffset: index * MemoryLayout<Bits>.size, as: Bits.self)
        (buffer.baseAddress! + index).initialize(to: value(Bits(littleEndian: bits)))
      }
      filled = count
    }
  }

  /// Each varint is cut to the bits of the type; those above must be none or, where the type is
  /// signed, its sign.
  private func decoded<Bits: FixedWidthInteger & UnsignedInteger, Value>(
    _ packed: ArraySlice<UInt8>, _ value: (Bits) -> Value
  ) throws(ModelFileError) -> [Value] {
    let found = ProtobufReader.varintCount(packed)
    guard found == count else { throw error("\(found) numbers where \(dims) needs \(count)") }
    var values: [Value] = []
    values.reserveCapacity(count)
    let isSigned = type == .int32 || type == .int64
    var strange: Int64?
    do {
      try ProtobufReader.forEachVarint(packed) { number in
        let isNegative = isSigned && number >> (Bits.bitWidth - 1) == -1
        if number >> Bits.bitWidth != 0 && !isNegative { strange = number }
        values.append(value(Bits(truncatingIfNeeded: number)))
      }
    } catch { throw self.error("\(error.reason) at byte \(error.offset)") }
    if let strange { throw error("the number \(strange), which \(type.name) cannot hold") }
    return values
  }

  // MARK: Bytes

  /// The bytes of an external tensor; the file is opened anew each time.
  private func read(_ external: External) throws(ModelFileError) -> [UInt8] {
    guard let folder = external.folder else {
      throw error(
        "its data is in the file \(external.location), and a model of bytes has no folder")
    }
    do {
      let file = try FolderFile(folder: folder, location: external.location)
      let missing = external.offset.addingReportingOverflow(external.length)
      if missing.overflow || missing.partialValue > file.size {
        throw ModelFileError(
          .truncated, path: file.path,
          "has \(file.size) bytes where the tensor \(name) of \(source) needs "
            + "\(external.length) from byte \(external.offset); copy it again")
      }
      let bytes = try file.read(offset: external.offset, count: external.length)
      if bytes.count != external.length {
        throw ModelFileError(
          .truncated, path: file.path, "became shorter while it was read; try again")
      }
      return bytes
    } catch let error as ModelFileError {
      throw error
    } catch let error as FileStoreError {
      throw ModelFileError(
        .file, path: source, "its weights lie in another file: \(error.message)",
        underlying: error)
    } catch {
      preconditionFailure("reading throws only errors of files, not \(error)")
    }
  }

  /// Hands the stored bytes to `body` without a copy; those of another file are read first.
  func withStoredBytes(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    switch storage {
    case .floats(let floats): try floats.withUnsafeBytes(body)
    case .integers(let integers): try integers.withUnsafeBytes(body)
    case .raw(let bytes), .varints32(let bytes), .varints64(let bytes):
      try bytes.withUnsafeBytes(body)
    case .external(let external): try read(external).withUnsafeBytes(body)
    case .unread: throw error("its data is not in a field of \(type.name)")
    }
  }

  private func mismatch(_ expected: String) -> ModelFileError {
    ModelFileError(
      .format, path: source, "tensor \(name): is \(type.name) where \(expected) is expected")
  }

  private func error(_ reason: String) -> ModelFileError {
    ModelFileError(.format, path: source, "tensor \(name): \(reason)")
  }
}
