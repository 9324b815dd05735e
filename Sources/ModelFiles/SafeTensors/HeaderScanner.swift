import FileStore

/// Reads the JSON header of a safetensors file and allows nothing but what the format defines.
///
/// A general JSON reader would take the first or the last of two equal keys in silence, so that two
/// programs could see two different models in one file; it would also follow any nesting.
struct HeaderScanner {
  struct TensorInfo {
    let name: String
    let dtype: String
    let shape: [Int]
    let begin: Int
    let end: Int
  }

  struct Result {
    var metadata: [String: String] = [:]
    var tensors: [TensorInfo] = []
  }

  struct Failure: Error {
    let reason: String
    let offset: Int
  }

  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func scan() throws(Failure) -> Result {
    guard (try? UTF8Span(validating: bytes.span)) != nil else { throw failure("not UTF-8") }
    guard bytes.first == UInt8(ascii: "{") else { throw failure("does not begin with {") }
    var result = Result()
    var seen: Set<String> = []
    try object { (scanner, key) throws(Failure) in
      guard seen.insert(key).inserted else { throw scanner.failure("the name \(key) twice") }
      if key == SafeTensors.metadataKey {
        result.metadata = try scanner.strings()
      } else {
        result.tensors.append(try scanner.tensor(key))
        if result.tensors.count > SafeTensors.Limit.tensors {
          throw scanner.failure("more than \(SafeTensors.Limit.tensors) tensors")
        }
      }
    }
    while position < bytes.count {
      guard bytes[position] == UInt8(ascii: " ") else { throw failure("text after its end") }
      position += 1
    }
    return result
  }

  // MARK: Parts of the header

  private mutating func strings() throws(Failure) -> [String: String] {
    var strings: [String: String] = [:]
    try object { (scanner, key) throws(Failure) in
      let value = try scanner.string()
      guard strings.updateValue(value, forKey: key) == nil else {
        throw scanner.failure("the metadata key \(key) twice")
      }
      if strings.count > SafeTensors.Limit.metadata {
        throw scanner.failure("more than \(SafeTensors.Limit.metadata) entries of metadata")
      }
    }
    return strings
  }

  private mutating func tensor(_ name: String) throws(Failure) -> TensorInfo {
    var dtype: String?
    var shape: [Int]?
    var offsets: [Int]?
    try object { (scanner, key) throws(Failure) in
      switch key {
      case "dtype" where dtype == nil: dtype = try scanner.string()
      case "shape" where shape == nil:
        shape = try scanner.integers(atMost: SafeTensors.Limit.dimensions)
      case "data_offsets" where offsets == nil: offsets = try scanner.integers(atMost: 2)
      default: throw scanner.failure("tensor \(name) has an unknown or second field \(key)")
      }
    }
    guard let dtype, let shape, let offsets, offsets.count == 2 else {
      throw failure("tensor \(name) lacks dtype, shape or two data_offsets")
    }
    return TensorInfo(name: name, dtype: dtype, shape: shape, begin: offsets[0], end: offsets[1])
  }

  // MARK: Pieces of JSON

  private mutating func object(
    _ field: (inout HeaderScanner, String) throws(Failure) -> Void
  ) throws(Failure) {
    try expect("{")
    skipSpace()
    if next("}") { return }
    repeat {
      skipSpace()
      let key = try string()
      skipSpace()
      try expect(":")
      skipSpace()
      try field(&self, key)
      skipSpace()
    } while next(",")
    try expect("}")
  }

  private mutating func integers(atMost limit: Int) throws(Failure) -> [Int] {
    try expect("[")
    skipSpace()
    if next("]") { return [] }
    var integers: [Int] = []
    repeat {
      skipSpace()
      if integers.count == limit { throw failure("more than \(limit) numbers in a row") }
      integers.append(try integer())
      skipSpace()
    } while next(",")
    try expect("]")
    return integers
  }

  /// Digits alone: no sign, fraction, exponent or leading zero, within `Int`.
  private mutating func integer() throws(Failure) -> Int {
    let start = position
    var value = 0
    while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position])
    {
      let (tens, overflowed) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflow) = tens.addingReportingOverflow(Int(bytes[position] - UInt8(ascii: "0")))
      if overflowed || overflow { throw failure("a number too large") }
      value = sum
      position += 1
    }
    if position == start { throw failure("a whole number expected") }
    if position > start + 1 && bytes[start] == UInt8(ascii: "0") {
      throw failure("a number with a leading zero")
    }
    return value
  }

  private mutating func string() throws(Failure) -> String {
    try expect("\"")
    // Most have no escapes and are copied once, however long they are.
    let start = position
    while position < bytes.count, bytes[position] >= 0x20, bytes[position] != UInt8(ascii: "\\") {
      position += 1
      if bytes[position - 1] == UInt8(ascii: "\"") {
        return String(decoding: bytes[start..<position - 1], as: UTF8.self)
      }
    }
    return try escapedString(from: start)
  }

  /// The string that began at `start`, from its first escape on.
  private mutating func escapedString(from start: Int) throws(Failure) -> String {
    // An escape has more bytes than what it stands for, so this never grows.
    var text: [UInt8] = []
    text.reserveCapacity(
      bytes.withUnsafeBufferPointer { JSONTokens.closingQuote(of: $0, from: start) } - start)
    text += bytes[start..<position]
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"): text += try escaped().utf8
      case 0..<0x20: throw failure("a control character in a name")
      default: text.append(byte)
      }
    }
    throw failure("a name without its closing quote")
  }

  private mutating func escaped() throws(Failure) -> String {
    guard position < bytes.count else { throw failure("ends within a name") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return String(try unicodeEscape())
    default: throw failure("an unknown escape in a name")
    }
  }

  private mutating func unicodeEscape() throws(Failure) -> Unicode.Scalar {
    var value = try fourHexDigits()
    if (0xD800..<0xDC00).contains(value) {
      guard next("\\"), next("u") else { throw failure("half a surrogate pair in a name") }
      let low = try fourHexDigits()
      guard (0xDC00..<0xE000).contains(low) else {
        throw failure("half a surrogate pair in a name")
      }
      value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(value) else {
      throw failure("half a surrogate pair in a name")
    }
    return scalar
  }

  private mutating func fourHexDigits() throws(Failure) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard position < bytes.count,
        let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue
      else { throw failure("four hexadecimal digits expected") }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(Failure) {
    if !next(character) { throw failure("\(character) expected") }
  }

  private mutating func next(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
      position += 1
    }
  }

  private func failure(_ reason: String) -> Failure {
    Failure(reason: String(reason.prefix(200)), offset: position)
  }
}
