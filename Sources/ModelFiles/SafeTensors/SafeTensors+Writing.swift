import FileStore

extension SafeTensors {
  static let metadataKey = "__metadata__"

  /// The file's bytes: the same tensors and metadata always give the same ones.
  ///
  /// Keys are sorted, the header is padded with spaces to a multiple of 8, and wider elements come
  /// first in the data, so that every tensor is aligned.
  public func serialized() -> [UInt8] {
    let tensors = dataOrder
    var bytes = headerBytes(tensors)
    bytes.reserveCapacity(bytes.count + tensors.reduce(0) { $0 + $1.bytes.count })
    for tensor in tensors { bytes += tensor.bytes }
    return bytes
  }

  /// Writes the file in one step: the old one stays if anything fails.
  public func write(to path: String) throws(ModelFileError) {
    let tensors = dataOrder
    do {
      try AtomicFile.write(to: path) { writer in
        try writer.write(headerBytes(tensors))
        for tensor in tensors { try writer.write(tensor.bytes) }
      }
    } catch let error as FileStoreError {
      throw ModelFileError(error)
    } catch {
      preconditionFailure("writing throws only FileStoreError, not \(error)")
    }
  }

  private var dataOrder: [Tensor] {
    names.compactMap { self[$0] }.enumerated().sorted {
      ($1.element.type.size, $0.offset) < ($0.element.type.size, $1.offset)
    }.map(\.element)
  }

  /// Length and JSON header.
  private func headerBytes(_ tensors: [Tensor]) -> [UInt8] {
    var fields: [(key: String, value: String)] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { SafeTensors.precedes($0.key, $1.key) }.map {
        "\(JSONText.quoted($0.key)):\(JSONText.quoted($0.value))"
      }
      fields.append((SafeTensors.metadataKey, "{\(pairs.joined(separator: ","))}"))
    }
    var offset = 0
    for tensor in tensors {
      let end = offset + tensor.bytes.count
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      fields.append(
        (
          tensor.name,
          #"{"dtype":"\#(tensor.type.rawValue)","shape":[\#(shape)],"data_offsets":[\#(offset),\#(end)]}"#
        ))
      offset = end
    }
    fields.sort { SafeTensors.precedes($0.key, $1.key) }
    let json = fields.map { "\(JSONText.quoted($0.key)):\($0.value)" }.joined(separator: ",")
    var header = Array("{\(json)}".utf8)
    while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
    let length = UInt64(header.count).littleEndian
    return withUnsafeBytes(of: length) { Array($0) } + header
  }
}
