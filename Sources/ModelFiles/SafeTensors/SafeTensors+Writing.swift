extension SafeTensors {
  static let metadataKey = "__metadata__"

  /// The file's bytes: the same tensors and metadata always give the same ones.
  public func serialized() -> [UInt8] {
    var bytes: [UInt8] = []
    writer.forEachPiece { bytes += $0 }
    return bytes
  }

  /// Writes the file in one step: the old one stays if anything fails.
  public func write(to path: String) throws(ModelFileError) { try writer.write(to: path) }

  private var writer: SafeTensorsWriter {
    var writer = SafeTensorsWriter(metadata: metadata)
    for name in names { if let tensor = self[name] { writer.add(tensor) } }
    return writer
  }
}
