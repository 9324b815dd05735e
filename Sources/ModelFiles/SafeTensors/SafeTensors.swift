import FileStore

/// Named tensors and string metadata: the content of one safetensors file.
///
/// Note [Trust]: a file from elsewhere is checked in full before any of it is used. The header is
/// read by a scanner of its own that allows nothing but what the format defines (no duplicate
/// names, no unknown fields, no nesting); offsets must tile the data part exactly; sizes are
/// computed with overflow checks; and by default every float must be finite. The bytes are read,
/// never mapped, so nobody can change them after the checks.
public struct SafeTensors: Sendable {
  /// The element types of tensors, by their names in the file. Networks hold floats; tensors of
  /// other types may lie beside them, and are told where they are not used.
  public enum ElementType: String, Sendable {
    /// IEEE 754, 32 bits.
    case float32 = "F32"
    /// The upper half of a 32-bit float.
    case bfloat16 = "BF16"
    /// IEEE 754, 16 bits; only in files of others.
    case float16 = "F16"
    /// IEEE 754, 64 bits; only in files of others.
    case float64 = "F64"
    /// Whole numbers of 64 bits with a sign.
    case int64 = "I64"
    /// Whole numbers from 0 to 255.
    case uint8 = "U8"
    /// Whole numbers of 8 bits with a sign; only in files of others, as all below.
    case int8 = "I8"
    /// Whole numbers of 16 bits with a sign.
    case int16 = "I16"
    /// Whole numbers of 32 bits with a sign.
    case int32 = "I32"
    /// Whole numbers of 16 bits.
    case uint16 = "U16"
    /// Whole numbers of 32 bits.
    case uint32 = "U32"
    /// Whole numbers of 64 bits.
    case uint64 = "U64"
    /// 0 or 1, a byte each.
    case boolean = "BOOL"

    /// Bytes of one element.
    public var size: Int {
      switch self {
      case .float32, .int32, .uint32: 4
      case .bfloat16, .float16, .int16, .uint16: 2
      case .int64, .uint64, .float64: 8
      case .uint8, .int8, .boolean: 1
      }
    }
  }

  /// One tensor, row-major, little-endian.
  public struct Tensor: Sendable {
    /// Unique in its file.
    public let name: String
    /// How its elements are stored.
    public let type: ElementType
    /// Sizes of its axes; empty for a scalar.
    public let shape: [Int]
    /// As many as type and shape say.
    public let bytes: [UInt8]

    /// The product of the shape; 1 for a scalar (`[]`).
    public var count: Int { shape.reduce(1, *) }
  }

  /// What messages call these tensors: the path they came from, or empty.
  public let source: String
  /// SHA-256 of the whole file, when they came from one.
  public let digest: String?
  /// Texts by name, written beside the tensors.
  public var metadata: [String: String]
  private var byName: [String: Tensor] = [:]

  /// Without tensors, and of no file.
  public init(metadata: [String: String] = [:]) {
    source = ""
    digest = nil
    self.metadata = metadata
  }

  init(source: String, digest: String?, metadata: [String: String], tensors: [Tensor]) {
    self.source = source
    self.digest = digest
    self.metadata = metadata
    byName = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0) })
  }

  /// Names in the order of their Unicode scalars.
  public var names: [String] { byName.keys.sorted { SafeTensors.precedes($0, $1) } }

  /// The tensor of this name, if there is one.
  public subscript(name: String) -> Tensor? { byName[name] }

  static func precedes(_ a: String, _ b: String) -> Bool {
    a.unicodeScalars.lexicographicallyPrecedes(b.unicodeScalars)
  }

  // MARK: Adding

  /// Adds or replaces a tensor.
  ///
  /// - Parameter bytes: as many as `shape` and `type` ask for.
  public mutating func set(_ name: String, type: ElementType, shape: [Int], bytes: [UInt8]) {
    precondition(name != SafeTensors.metadataKey, "\(name) is reserved")
    let tensor = Tensor(name: name, type: type, shape: shape, bytes: bytes)
    precondition(tensor.count * type.size == bytes.count, "\(name): bytes do not fit \(shape)")
    byName[name] = tensor
  }

  /// Adds or replaces an F32 tensor.
  package mutating func set(_ name: String, shape: [Int], floats: UnsafeBufferPointer<Float>) {
    set(name, type: .float32, shape: shape, bytes: Array(UnsafeRawBufferPointer(floats)))
  }

  /// Adds or replaces an F32 tensor.
  public mutating func set(_ name: String, shape: [Int], floats: [Float]) {
    floats.withUnsafeBufferPointer { set(name, shape: shape, floats: $0) }
  }

  /// Adds or replaces an I64 tensor.
  public mutating func set(_ name: String, shape: [Int], integers: [Int64]) {
    integers.withUnsafeBytes { set(name, type: .int64, shape: shape, bytes: Array($0)) }
  }

  // MARK: Taking out

  /// The tensor of this name; an error that names it and both types and shapes where it is missing
  /// or another.
  public func tensor(
    _ name: String, type: ElementType, shape: [Int]
  ) throws(ModelFileError) -> Tensor {
    let tensor = byName[name]
    try SafeTensors.requireMatch(
      name, type: type, shape: shape, found: tensor.map { ($0.type, $0.shape) }, in: source)
    return tensor!
  }

  /// Throws unless a tensor was found and is of this type and shape.
  static func requireMatch(
    _ name: String, type: ElementType, shape: [Int],
    found: (type: ElementType, shape: [Int])?, in source: String
  ) throws(ModelFileError) {
    guard let found else {
      throw ModelFileError(
        .mismatch, path: source,
        "lacks the tensor \(name) \(type.rawValue) \(shape); was it made for another network?")
    }
    if found.type != type || found.shape != shape {
      throw ModelFileError(
        .mismatch, path: source,
        "tensor \(name) is \(found.type.rawValue) \(found.shape) where the network needs "
          + "\(type.rawValue) \(shape); was it made for another network?")
    }
  }

  static func nonFinite(_ name: String, at index: Int, in source: String) -> ModelFileError {
    ModelFileError(
      .nonFinite, path: source,
      "tensor \(name) holds an infinite value or NaN at position \(index); "
        + "the training diverged: train again with a lower `learningRate`")
  }

  /// Copies an F32 tensor of exactly this name and shape into `buffer`.
  package func copy(
    _ name: String, shape: [Int], into buffer: UnsafeMutableBufferPointer<Float>
  ) throws(ModelFileError) {
    let tensor = try tensor(name, type: .float32, shape: shape)
    precondition(buffer.count == tensor.count, "\(name): buffer does not fit \(shape)")
    UnsafeMutableRawBufferPointer(buffer).copyBytes(from: tensor.bytes)
  }

  /// The values of an F32 tensor of exactly this name and shape.
  public func floats(_ name: String, shape: [Int]) throws(ModelFileError) -> [Float] {
    try tensor(name, type: .float32, shape: shape).elements()
  }

  /// The values of an I64 tensor of exactly this name and shape.
  public func integers(_ name: String, shape: [Int]) throws(ModelFileError) -> [Int64] {
    try tensor(name, type: .int64, shape: shape).elements()
  }
}

extension SafeTensors.Tensor {
  /// The elements, of which `Element` must be the type (`Float`, `UInt16`, `Int64`, `UInt8`).
  func elements<Element: BitwiseCopyable>() -> [Element] {
    precondition(MemoryLayout<Element>.size == type.size)
    return [Element](unsafeUninitializedCapacity: count) { buffer, filled in
      UnsafeMutableRawBufferPointer(buffer).copyBytes(from: bytes)
      filled = count
    }
  }

  func requireFinite(in source: String) throws(ModelFileError) {
    if let index = firstNonFinite() { throw SafeTensors.nonFinite(name, at: index, in: source) }
  }

  /// Position of the first float that is infinite or not a number.
  func firstNonFinite() -> Int? {
    bytes.withUnsafeBytes { raw in
      switch type {
      case .float32:
        firstNonFinite(count) {
          raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self) & 0x7F80_0000 == 0x7F80_0000
        }
      case .bfloat16:
        firstNonFinite(count) {
          raw.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self) & 0x7F80 == 0x7F80
        }
      case .float16:
        firstNonFinite(count) {
          raw.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self) & 0x7C00 == 0x7C00
        }
      case .float64:
        firstNonFinite(count) {
          !raw.loadUnaligned(fromByteOffset: 8 * $0, as: Double.self).isFinite
        }
      default: nil
      }
    }
  }

  private func firstNonFinite(_ count: Int, _ isBad: (Int) -> Bool) -> Int? {
    for index in 0..<count where isBad(index) { return index }
    return nil
  }
}
