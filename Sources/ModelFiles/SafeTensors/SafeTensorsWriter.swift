import FileStore

/// Writes a safetensors file: the same tensors and metadata always give the same bytes.
///
/// Keys are sorted, the header is padded with spaces to a multiple of 8, and wider elements come
/// first in the data, so that every tensor is aligned. Values that are lent stay where they are until
/// they are written, so that a large file takes no memory.
package struct SafeTensorsWriter {
  private enum Bytes {
    case owned([UInt8])
    case lent(UnsafeRawBufferPointer)

    var count: Int {
      switch self {
      case .owned(let bytes): bytes.count
      case .lent(let bytes): bytes.count
      }
    }
  }

  private struct Item {
    let name: String
    let type: SafeTensors.ElementType
    let shape: [Int]
    let bytes: Bytes
  }

  private let metadata: [String: String]
  private var items: [Item] = []

  package init(metadata: [String: String]) { self.metadata = metadata }

  /// Adds a tensor with its bytes.
  package mutating func add(_ tensor: SafeTensors.Tensor) {
    items.append(
      Item(name: tensor.name, type: tensor.type, shape: tensor.shape, bytes: .owned(tensor.bytes)))
  }

  /// Adds an F32 tensor whose values must stay until the file is written.
  package mutating func lend(
    _ name: String, shape: [Int], floats: UnsafeBufferPointer<Float>
  ) {
    precondition(shape.reduce(1, *) == floats.count, "\(name): values do not fit \(shape)")
    items.append(
      Item(name: name, type: .float32, shape: shape, bytes: .lent(UnsafeRawBufferPointer(floats))))
  }

  /// Writes the file in one step: the old one stays if anything fails.
  package func write(to path: String) throws(ModelFileError) {
    do {
      try AtomicFile.write(to: path) { writer in
        try forEachPiece { try writer.write($0) }
      }
    } catch let error as FileStoreError {
      throw ModelFileError(error)
    } catch {
      preconditionFailure("writing throws only FileStoreError, not \(error)")
    }
  }

  /// Calls `body` with the file's bytes in their order.
  package func forEachPiece(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    let items = items.sorted {
      $0.type.size == $1.type.size
        ? SafeTensors.precedes($0.name, $1.name) : $0.type.size > $1.type.size
    }
    try header(items).withUnsafeBytes(body)
    for item in items {
      switch item.bytes {
      case .owned(let bytes): try bytes.withUnsafeBytes(body)
      case .lent(let bytes): try body(bytes)
      }
    }
  }

  /// Length and JSON header.
  private func header(_ items: [Item]) -> [UInt8] {
    var fields: [(key: String, value: String)] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { SafeTensors.precedes($0.key, $1.key) }.map {
        "\(JSONText.quoted($0.key)):\(JSONText.quoted($0.value))"
      }
      fields.append((SafeTensors.metadataKey, "{\(pairs.joined(separator: ","))}"))
    }
    var offset = 0
    for item in items {
      let end = offset + item.bytes.count
      let shape = item.shape.map(String.init).joined(separator: ",")
      fields.append(
        (
          item.name,
          #"{"dtype":"\#(item.type.rawValue)","shape":[\#(shape)],"data_offsets":[\#(offset),\#(end)]}"#
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
