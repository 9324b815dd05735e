import FileStore

extension SafeTensors {
  /// Bounds on what a file may ask for; generous for networks, small for attackers.
  public enum Limit {
    /// Bytes of the JSON header.
    public static let header = 16 << 20
    public static let tensors = 100_000
    public static let dimensions = 16
    /// Bytes of the whole file.
    public static let file = 16 << 30
  }

  /// Reads and checks a file; see Note [Trust].
  ///
  /// - Parameter finite: also require that every F32 and BF16 value is finite.
  public init(reading path: String, finite: Bool = true) throws(ModelFileError) {
    do {
      var reader = try FileReader(path)
      let start = try reader.read(8)
      let length = try SafeTensors.headerLength(start, fileSize: reader.size, path: path)
      let header = try reader.read(length)
      let data = try reader.read(reader.size - 8 - length)
      if data.count != reader.size - 8 - length {
        throw ModelFileError(
          .truncated, path: path, "became shorter while it was read; try again")
      }
      var hash = SHA256()
      for part in [start, header, data] { hash.update(part) }
      try self.init(
        header: header, data: data, source: path, digest: hash.finish(), finite: finite)
    } catch let error as ModelFileError {
      throw error
    } catch let error as FileStoreError {
      throw ModelFileError(error)
    } catch {
      preconditionFailure("reading throws only errors of files, not \(error)")
    }
  }

  /// Checks the bytes of a file; see Note [Trust].
  ///
  /// - Parameter source: what messages call it.
  public init(bytes: [UInt8], source: String, finite: Bool = true) throws(ModelFileError) {
    let length = try SafeTensors.headerLength(
      Array(bytes.prefix(8)), fileSize: bytes.count, path: source)
    try self.init(
      header: Array(bytes[8..<8 + length]), data: Array(bytes[(8 + length)...]), source: source,
      digest: Digest.sha256(bytes), finite: finite)
  }

  /// Checks the first eight bytes against the file's size.
  private static func headerLength(
    _ start: [UInt8], fileSize: Int, path: String
  ) throws(ModelFileError) -> Int {
    if fileSize == 0 {
      throw ModelFileError(.truncated, path: path, "is empty; \(whatToGive)")
    }
    if WeightFormat(start) != .safetensors {
      throw ModelFileError(
        .format, path: path,
        "is a PyTorch file (a pickle), not a model; make one of it with "
          + "vidclass import FILE -o MODEL")
    }
    if start.count < 8 {
      throw ModelFileError(
        .truncated, path: path, "has only \(fileSize) bytes, too few for a model; \(whatToGive)")
    }
    let length = start.enumerated().reduce(UInt64(0)) {
      $0 | UInt64($1.element) << UInt64(8 * $1.offset)
    }
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

  private init(
    header: [UInt8], data: [UInt8], source: String, digest: String, finite: Bool
  ) throws(ModelFileError) {
    let scanned: HeaderScanner.Result
    do {
      var scanner = HeaderScanner(header)
      scanned = try scanner.scan()
    } catch {
      throw ModelFileError(
        .format, path: source,
        "has a broken safetensors header (\(error.reason), at byte \(8 + error.offset)); "
          + whatToGive)
    }
    let tensors = try SafeTensors.cut(scanned.tensors, data, source)
    if finite {
      for tensor in tensors {
        if let index = tensor.firstNonFinite() {
          throw ModelFileError(
            .nonFinite, path: source,
            "tensor \(tensor.name) holds an infinite value or NaN at position \(index); "
              + "the training diverged: train again with a lower --lr")
        }
      }
    }
    self.init(source: source, digest: digest, metadata: scanned.metadata, tensors: tensors)
  }

  /// Cuts the data into tensors: in order of their offsets they must tile it from 0 to its end.
  private static func cut(
    _ infos: [HeaderScanner.TensorInfo], _ data: [UInt8], _ source: String
  ) throws(ModelFileError) -> [Tensor] {
    let sorted = infos.sorted { ($0.begin, $0.end) < ($1.begin, $1.end) }
    var tensors: [Tensor] = []
    var position = 0
    for info in sorted {
      guard let type = ElementType(rawValue: info.dtype) else {
        throw ModelFileError(
          .format, path: source,
          "tensor \(info.name) has the type \(info.dtype.prefix(20)); "
            + "only F32, BF16, I64 and U8 are read")
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
      if info.end > data.count {
        throw ModelFileError(
          .truncated, path: source,
          "is cut short: tensor \(info.name) ends at byte \(info.end) of the data and there are "
            + "only \(data.count); copy it again or train it again")
      }
      tensors.append(
        Tensor(
          name: info.name, type: type, shape: info.shape,
          bytes: Array(data[info.begin..<info.end])))
      position = info.end
    }
    if position != data.count {
      throw ModelFileError(
        .format, path: source,
        "has \(data.count - position) bytes after its last tensor; the file is damaged or forged")
    }
    return tensors
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
