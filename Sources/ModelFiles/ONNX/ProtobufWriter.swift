/// Writes one message of protobuf's wire format.
///
/// The small fields are gathered as bytes; large data is only remembered by where it belongs and
/// goes from where it lies straight to the file.
struct ProtobufWriter {
  /// Hands bytes to the function that it is given.
  typealias Data = ((UnsafeRawBufferPointer) throws -> Void) throws -> Void

  private var small: [UInt8] = []
  /// In order; each comes before the byte of `small` at its position.
  private var large: [(position: Int, data: Data)] = []
  /// Bytes of the whole message; `Int.max` stands for more than can be counted.
  private(set) var count = 0

  // MARK: Fields

  mutating func integer(_ field: Int, _ value: Int64) {
    key(field, .varint)
    varint(UInt64(bitPattern: value))
  }

  mutating func float(_ field: Int, _ value: Float) {
    key(field, .fixed32)
    fixed(value)
  }

  mutating func text(_ field: Int, _ text: String) {
    key(field, .delimited)
    varint(UInt64(text.utf8.count))
    let before = small.count
    small.append(contentsOf: text.utf8)
    add(small.count - before)
  }

  /// As `text`, but left out where it is empty, as readers take it then.
  mutating func optionalText(_ field: Int, _ text: String) {
    if !text.isEmpty { self.text(field, text) }
  }

  mutating func message(_ field: Int, _ body: (inout ProtobufWriter) -> Void) {
    var inner = ProtobufWriter()
    body(&inner)
    key(field, .delimited)
    varint(UInt64(inner.count))
    for (position, data) in inner.large { large.append((small.count + position, data)) }
    small += inner.small
    add(inner.count)
  }

  /// Packed.
  mutating func floats(_ field: Int, _ values: [Float]) {
    key(field, .delimited)
    varint(UInt64(4 * values.count))
    for value in values { fixed(value) }
  }

  /// One field for each: ONNX declares its lists of integers without `packed`.
  mutating func integers(_ field: Int, _ values: [Int64]) {
    for value in values { integer(field, value) }
  }

  /// Large data, not copied here.
  ///
  /// - Parameter data: gives `count` bytes, in one or more parts.
  mutating func data(_ field: Int, count: Int, _ data: @escaping Data) {
    key(field, .delimited)
    varint(UInt64(count))
    large.append((small.count, data))
    add(count)
  }

  // MARK: Output

  /// Hands the bytes of the message to `sink`, in order.
  func emit(to sink: (UnsafeRawBufferPointer) throws -> Void) throws {
    try small.withUnsafeBytes { bytes in
      var position = 0
      for (next, data) in large {
        try sink(UnsafeRawBufferPointer(rebasing: bytes[position..<next]))
        try data(sink)
        position = next
      }
      try sink(UnsafeRawBufferPointer(rebasing: bytes[position...]))
    }
  }

  // MARK: Values

  private mutating func key(_ field: Int, _ type: ProtobufReader.WireType) {
    varint(UInt64(field) << 3 | UInt64(type.rawValue))
  }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      small.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
      add(1)
    }
    small.append(UInt8(rest))
    add(1)
  }

  private mutating func fixed(_ value: Float) {
    withUnsafeBytes(of: value.bitPattern.littleEndian) { small.append(contentsOf: $0) }
    add(4)
  }

  private mutating func add(_ bytes: Int) {
    let (sum, overflow) = count.addingReportingOverflow(bytes)
    count = overflow ? .max : sum
  }
}
