/// Bytes of a TensorBoard event file: TFRecord frames around protocol buffers of type `Event`.
///
/// A record is the length (8 bytes), its masked CRC-32C, the data, and the data's masked CRC-32C,
/// all little-endian.
enum TensorBoardEvents {
  /// The first record of every file.
  static func fileVersion(time: Double) -> [UInt8] {
    record(event(time: time, step: 0) { $0.string("brain.Event:2", field: 3) })
  }

  /// Says that a resumed training begins with `step`, so that TensorBoard drops what an earlier
  /// process wrote from there on.
  static func resumed(time: Double, step: Int) -> [UInt8] {
    let start: UInt64 = 1
    return record(
      event(time: time, step: step) { event in
        event.message(field: 7) { $0.integer(start, field: 1) }
      })
  }

  /// One value of each name at a step.
  static func scalars(_ values: [(name: String, value: Double)], time: Double, step: Int) -> [UInt8]
  {
    record(
      event(time: time, step: step) { event in
        event.message(field: 5) { summary in
          for (name, value) in values {
            summary.message(field: 1) { entry in
              entry.string(name, field: 1)
              entry.float(Float(value), field: 2)
            }
          }
        }
      })
  }

  private static func event(
    time: Double, step: Int, _ content: (inout ProtocolBuffer) -> Void
  ) -> [UInt8] {
    var event = ProtocolBuffer()
    event.double(time, field: 1)
    if step != 0 { event.integer(UInt64(step), field: 2) }
    content(&event)
    return event.bytes
  }

  static func record(_ data: [UInt8]) -> [UInt8] {
    let length = littleEndian(UInt64(data.count))
    return length + littleEndian(CRC32C.masked(length)) + data
      + littleEndian(CRC32C.masked(data))
  }

  private static func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { [UInt8]($0) }
  }
}

/// The few parts of the protocol buffer wire format that events need.
private struct ProtocolBuffer {
  private(set) var bytes: [UInt8] = []

  mutating func integer(_ value: UInt64, field: Int) {
    key(field, wireType: 0)
    variableLength(value)
  }

  mutating func double(_ value: Double, field: Int) {
    key(field, wireType: 1)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func float(_ value: Float, field: Int) {
    key(field, wireType: 5)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func string(_ value: String, field: Int) {
    key(field, wireType: 2)
    variableLength(UInt64(value.utf8.count))
    bytes.append(contentsOf: value.utf8)
  }

  mutating func message(field: Int, _ content: (inout ProtocolBuffer) -> Void) {
    var inner = ProtocolBuffer()
    content(&inner)
    key(field, wireType: 2)
    variableLength(UInt64(inner.bytes.count))
    bytes.append(contentsOf: inner.bytes)
  }

  private mutating func key(_ field: Int, wireType: Int) {
    variableLength(UInt64(field << 3 | wireType))
  }

  private mutating func variableLength(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
