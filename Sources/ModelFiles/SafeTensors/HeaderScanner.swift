import FileStore

/// Reads the JSON header of a safetensors file and allows nothing but what the format defines.
///
/// A general JSON reader would take the first or the last of two equal keys in silence, so that two
/// programs could see two different models in one file; it would also follow any nesting.
enum HeaderScanner {
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

  static func scan(_ bytes: [UInt8]) throws(JSONError) -> Result {
    var reader = JSONReader(bytes)
    guard (try? UTF8Span(validating: bytes.span)) != nil else { throw reader.error("not UTF-8") }
    guard bytes.first == UInt8(ascii: "{") else { throw reader.error("does not begin with {") }
    var result = Result()
    var seen: Set<String> = []
    try reader.object { (reader, key) throws(JSONError) in
      guard seen.insert(key).inserted else { throw reader.error("the name \(key) twice") }
      if key == SafeTensors.metadataKey {
        result.metadata = try strings(&reader)
      } else {
        result.tensors.append(try tensor(key, &reader))
        if result.tensors.count > SafeTensors.Limit.tensors {
          throw reader.error("more than \(SafeTensors.Limit.tensors) tensors")
        }
      }
    }
    // The format fills the header up with spaces, and with nothing else.
    _ = reader.run { $0 == UInt8(ascii: " ") }
    if reader.current != nil { throw reader.error("text after its end") }
    return result
  }

  private static func strings(_ reader: inout JSONReader) throws(JSONError) -> [String: String] {
    var strings: [String: String] = [:]
    try reader.object { (reader, key) throws(JSONError) in
      let value = try reader.string()
      guard strings.updateValue(value, forKey: key) == nil else {
        throw reader.error("the metadata key \(key) twice")
      }
      if strings.count > SafeTensors.Limit.metadata {
        throw reader.error("more than \(SafeTensors.Limit.metadata) entries of metadata")
      }
    }
    return strings
  }

  private static func tensor(
    _ name: String, _ reader: inout JSONReader
  ) throws(JSONError) -> TensorInfo {
    var dtype: String?
    var shape: [Int]?
    var offsets: [Int]?
    try reader.object { (reader, key) throws(JSONError) in
      switch key {
      case "dtype" where dtype == nil: dtype = try reader.string()
      case "shape" where shape == nil:
        shape = try integers(atMost: SafeTensors.Limit.dimensions, &reader)
      case "data_offsets" where offsets == nil: offsets = try integers(atMost: 2, &reader)
      default: throw reader.error("tensor \(name) has an unknown or second field \(key)")
      }
    }
    guard let dtype, let shape, let offsets, offsets.count == 2 else {
      throw reader.error("tensor \(name) lacks dtype, shape or two data_offsets")
    }
    return TensorInfo(name: name, dtype: dtype, shape: shape, begin: offsets[0], end: offsets[1])
  }

  private static func integers(
    atMost limit: Int, _ reader: inout JSONReader
  ) throws(JSONError) -> [Int] {
    var integers: [Int] = []
    try reader.array { (reader) throws(JSONError) in
      if integers.count == limit { throw reader.error("more than \(limit) numbers in a row") }
      integers.append(try integer(&reader))
    }
    return integers
  }

  /// Digits alone: no sign, fraction, exponent or leading zero, within `Int`.
  private static func integer(_ reader: inout JSONReader) throws(JSONError) -> Int {
    let failure = reader.error("a whole number expected")
    let digits = reader.run { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    if digits.isEmpty { throw failure }
    if digits.utf8.count > 1 && digits.utf8.first == UInt8(ascii: "0") {
      throw reader.error("a number with a leading zero")
    }
    guard let value = Int(digits) else { throw reader.error("a number too large") }
    return value
  }
}
