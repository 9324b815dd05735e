import FileStore

extension SafeTensors {
  /// Bounds on what a file may ask for; generous for networks, small for attackers.
  public enum Limit {
    /// Bytes of the JSON header.
    public static let header = 16 << 20
    /// Tensors in a file.
    public static let tensors = 1 << 15
    /// Entries of the metadata.
    public static let metadata = 4096
    /// Axes of a tensor.
    public static let dimensions = 16
    /// Bytes of the whole file.
    public static let file = 16 << 30
  }

  /// Reads and checks a file; see Note [Trust].
  ///
  /// - Parameter finite: also require that every float is finite.
  public init(reading path: String, finite: Bool = true) throws(ModelFileError) {
    let file = try SafeTensorsFile(path)
    var tensors: [Tensor] = []
    tensors.reserveCapacity(file.entries.count)
    for entry in file.entries {
      let tensor = Tensor(
        name: entry.name, type: entry.type, shape: entry.shape, bytes: try file.read(entry))
      if finite { try tensor.requireFinite(in: path) }
      tensors.append(tensor)
    }
    self.init(source: path, digest: file.digest(), metadata: file.metadata, tensors: tensors)
  }

  /// Checks the bytes of a file; see Note [Trust].
  ///
  /// - Parameter source: what messages call it.
  public init(bytes: [UInt8], source: String, finite: Bool = true) throws(ModelFileError) {
    let length = try SafeTensors.headerLength(
      Array(bytes.prefix(8)), fileSize: bytes.count, path: source)
    let (infos, metadata) = try SafeTensors.scanned(Array(bytes[8..<8 + length]), source)
    var position = 8 + length
    let tensors = try SafeTensors.cut(infos, dataSize: bytes.count - position, source, finite) {
      (count) throws(ModelFileError) in
      position += count
      return Array(bytes[position - count..<position])
    }
    self.init(
      source: source, digest: Digest.sha256(bytes), metadata: metadata, tensors: tensors)
  }

  /// Checks the first eight bytes against the file's size.
  static func headerLength(
    _ start: [UInt8], fileSize: Int, path: String
  ) throws(ModelFileError) -> Int {
    if fileSize == 0 {
      throw ModelFileError(.truncated, path: path, "is empty; \(whatToGive)")
    }
    if WeightFormat(start) != .safetensors {
      throw ModelFileError(
        .format, path: path,
        "is a PyTorch file (a pickle), not a model; make one of it with "
          + "vidclass import FILE `architecture` NETWORK -o MODEL")
    }
    if ONNXImport.isNamed(path) {
      throw ModelFileError(
        .format, path: path,
        "is an ONNX network, not a model; make one of it with vidclass import FILE -o MODEL")
    }
    if path.lowercased().hasSuffix(".json") {
      throw ModelFileError(
        .format, path: path,
        "is JSON, not a model; vidclass import makes one of an architecture's file")
    }
    if start.count < 8 {
      throw ModelFileError(
        .truncated, path: path, "has only \(fileSize) bytes, too few for a model; \(whatToGive)")
    }
    let length = littleEndian(start)
    if length > UInt64(Limit.header) {
      throw ModelFileError(
        .format, path: path,
        "is not a safetensors file (its header would have \(length) bytes); \(whatToGive)")
    }
    if length < 2 {
      throw ModelFileError(
        .format, path: path, "is not a safetensors file (its header is empty); \(whatToGive)")
    }
    if 8 + Int(length) > fileSize {
      throw ModelFileError(
        .truncated, path: path,
        "is cut short: its header needs \(8 + length) bytes and the file has \(fileSize); "
          + "copy it again or train it again")
    }
    if fileSize > Limit.file {
      throw ModelFileError(
        .format, path: path,
        "has \(fileSize) bytes, more than the \(Limit.file) a model may have; \(whatToGive)")
    }
    return Int(length)
  }

  /// What a header says of tensors, in the order of their bytes, and the metadata.
  static func scanned(
    _ header: [UInt8], _ source: String
  ) throws(ModelFileError) -> (tensors: [HeaderScanner.TensorInfo], metadata: [String: String]) {
    do throws(JSONError) {
      var result = try HeaderScanner.scan(header)
      result.tensors.sort { ($0.begin, $0.end) < ($1.begin, $1.end) }
      return (result.tensors, result.metadata)
    } catch {
      throw ModelFileError(
        .format, path: source,
        "has a broken safetensors header (\(error.message.prefix(200)), at byte \(8 + error.offset)); "
          + whatToGive)
    }
  }

  /// Cuts the data into tensors: in order of their offsets they must tile it from 0 to its end.
  ///
  /// - Parameter next: gives so many of the data's next bytes; called when all offsets are checked.
  private static func cut(
    _ infos: [HeaderScanner.TensorInfo], dataSize: Int, _ source: String, _ finite: Bool,
    _ next: (_ count: Int) throws(ModelFileError) -> [UInt8]
  ) throws(ModelFileError) -> [Tensor] {
    let types = try checked(infos, dataSize: dataSize, source)
    var tensors: [Tensor] = []
    tensors.reserveCapacity(infos.count)
    for (info, type) in zip(infos, types) {
      let tensor = Tensor(
        name: info.name, type: type, shape: info.shape, bytes: try next(info.end - info.begin))
      if finite { try tensor.requireFinite(in: source) }
      tensors.append(tensor)
    }
    return tensors
  }

  /// The type of each tensor, whose sizes and offsets are right.
  static func checked(
    _ infos: [HeaderScanner.TensorInfo], dataSize: Int, _ source: String
  ) throws(ModelFileError) -> [ElementType] {
    var types: [ElementType] = []
    var position = 0
    for info in infos {
      guard let type = ElementType(rawValue: info.dtype) else {
        throw ModelFileError(
          .format, path: source,
          "tensor \(info.name) has the type \(info.dtype.prefix(20)); "
            + "only floats of 16, 32 and 64 bits, whole numbers and truth values are read")
      }
      guard let size = byteCount(info.shape, type) else {
        throw ModelFileError(
          .format, path: source, "tensor \(info.name) has an impossible shape \(info.shape)")
      }
      if info.begin != position || info.end < info.begin {
        throw ModelFileError(
          .format, path: source,
          "tensor \(info.name) lies at bytes \(info.begin)..<\(info.end) where the next one "
            + "should begin at \(position); the header is damaged or forged")
      }
      if info.end - info.begin != size {
        throw ModelFileError(
          .format, path: source,
          "tensor \(info.name) \(type.rawValue) \(info.shape) needs \(size) bytes "
            + "and is given \(info.end - info.begin)")
      }
      if info.end > dataSize {
        throw ModelFileError(
          .truncated, path: source,
          "is cut short: tensor \(info.name) ends at byte \(info.end) of the data and there are "
            + "only \(dataSize); copy it again or train it again")
      }
      types.append(type)
      position = info.end
    }
    if position != dataSize {
      throw ModelFileError(
        .format, path: source,
        "has \(dataSize - position) bytes after its last tensor; the file is damaged or forged")
    }
    return types
  }

  /// Nil on overflow.
  private static func byteCount(_ shape: [Int], _ type: ElementType) -> Int? {
    var size = type.size
    for dimension in shape {
      let (product, overflow) = size.multipliedReportingOverflow(by: dimension)
      if overflow { return nil }
      size = product
    }
    return size
  }
}

private let whatToGive = "give a model that vidclass train wrote"
