import FileStore

extension ONNXModel {
  /// The file's bytes: the same model always gives the same ones. Weights in other files are put
  /// inside.
  ///
  /// - Throws: `ModelFileError` for more than 2 GiB, and where weights that were left in another
  ///   file cannot be read.
  public func serialized() throws(ModelFileError) -> [UInt8] {
    let writer = try writer(path: source)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(writer.count)
    do {
      try writer.emit { bytes.append(contentsOf: $0) }
    } catch let error as ModelFileError {
      throw error
    } catch {
      preconditionFailure("weights throw only ModelFileError, not \(error)")
    }
    return bytes
  }

  /// Writes the file in one step: the old one stays if anything fails. Weights are not copied.
  public func write(to path: String) throws(ModelFileError) {
    let message = try writer(path: path)
    do {
      try AtomicFile.write(to: path) { file in
        try message.emit { try file.write($0) }
      }
    } catch let error as ModelFileError {
      throw error
    } catch let error as FileStoreError {
      throw ModelFileError(error)
    } catch {
      preconditionFailure("writing throws only errors of files, not \(error)")
    }
  }

  /// ModelProto.
  private func writer(path: String) throws(ModelFileError) -> ProtobufWriter {
    var writer = ProtobufWriter()
    writer.integer(1, Int64(irVersion))
    writer.optionalText(2, producerName)
    writer.optionalText(3, producerVersion)
    writer.optionalText(4, domain)
    if modelVersion != 0 { writer.integer(5, Int64(modelVersion)) }
    writer.optionalText(6, documentation)
    for (domain, version) in opsets.sorted(by: { SafeTensors.precedes($0.key, $1.key) }) {
      writer.message(8) {
        $0.text(1, domain)
        $0.integer(2, Int64(version))
      }
    }
    for (key, value) in metadata.sorted(by: { SafeTensors.precedes($0.key, $1.key) }) {
      writer.message(14) {
        $0.text(1, key)
        $0.text(2, value)
      }
    }
    writer.message(7) { graph.write(to: &$0) }
    if writer.count > ONNXModel.maximumFileSize {
      throw ModelFileError(
        .format, path: path,
        "would have \(writer.count) bytes, more than the \(ONNXModel.maximumFileSize) that an "
          + "ONNX file can have; use a smaller network")
    }
    return writer
  }
}

extension ONNXGraph {
  /// GraphProto.
  fileprivate func write(to writer: inout ProtobufWriter) {
    for node in nodes { writer.message(1) { node.write(to: &$0) } }
    writer.text(2, name)
    for tensor in initializers { writer.message(5) { tensor.write(to: &$0) } }
    for value in inputs { writer.message(11) { value.write(to: &$0) } }
    for value in outputs { writer.message(12) { value.write(to: &$0) } }
    for value in values { writer.message(13) { value.write(to: &$0) } }
  }
}

extension ONNXNode {
  /// NodeProto.
  fileprivate func write(to writer: inout ProtobufWriter) {
    for input in inputs { writer.text(1, input) }
    for output in outputs { writer.text(2, output) }
    writer.optionalText(3, name)
    writer.text(4, op)
    for (name, value) in attributes.sorted(by: { SafeTensors.precedes($0.key, $1.key) }) {
      writer.message(5) { value.write(name, to: &$0) }
    }
    writer.optionalText(7, domain)
  }
}

extension ONNXAttribute {
  /// AttributeProto.
  fileprivate func write(_ name: String, to writer: inout ProtobufWriter) {
    writer.text(1, name)
    let type: Int64
    switch self {
    case .float(let value):
      writer.float(2, value)
      type = 1
    case .int(let value):
      writer.integer(3, value)
      type = 2
    case .string(let value):
      writer.text(4, value)
      type = 3
    case .tensor(let tensor):
      writer.message(5) { tensor.write(to: &$0) }
      type = 4
    case .floats(let values):
      writer.floats(7, values)
      type = 6
    case .ints(let values):
      writer.integers(8, values)
      type = 7
    case .strings(let values):
      for value in values { writer.text(9, value) }
      type = 8
    }
    writer.integer(20, type)
  }
}

extension ONNXTensor {
  /// TensorProto; varints that were read stay varints, all else becomes `raw_data`.
  fileprivate func write(to writer: inout ProtobufWriter) {
    writer.integers(1, dims.map(Int64.init))
    writer.integer(2, Int64(type.rawValue))
    writer.optionalText(8, name)
    let size = count * (type.size ?? 0)
    switch storage {
    case .floats, .integers, .external: writer.data(9, count: size, withStoredBytes)
    case .raw(let bytes): writer.data(9, count: bytes.count, withStoredBytes)
    case .varints32(let bytes): writer.data(5, count: bytes.count, withStoredBytes)
    case .varints64(let bytes): writer.data(7, count: bytes.count, withStoredBytes)
    // Throws when the data is asked for.
    case .unread: writer.data(9, count: size, withStoredBytes)
    }
  }
}

extension ONNXValue {
  /// ValueInfoProto.
  fileprivate func write(to writer: inout ProtobufWriter) {
    writer.text(1, name)
    guard let type else { return }
    writer.message(2) {
      $0.message(1) { tensor in
        tensor.integer(1, Int64(type.rawValue))
        guard let dims else { return }
        tensor.message(2) { shape in
          for dim in dims {
            shape.message(1) {
              switch dim {
              case .size(let size): $0.integer(1, Int64(size))
              case .symbol(let symbol): $0.text(2, symbol)
              case .unknown: break
              }
            }
          }
        }
      }
    }
  }
}
