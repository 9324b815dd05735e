/// The element types of PyTorch's storages, by the names of their classes.
///
/// Types of which no tensor is made here are known for their size, which the older format needs to
/// pass over them.
enum PyTorchElement: String {
  case float64 = "DoubleStorage"
  case float32 = "FloatStorage"
  case float16 = "HalfStorage"
  case bfloat16 = "BFloat16Storage"
  case int64 = "LongStorage"
  case int32 = "IntStorage"
  case int16 = "ShortStorage"
  case int8 = "CharStorage"
  case uint8 = "ByteStorage"
  case boolean = "BoolStorage"
  case complex64 = "ComplexFloatStorage"
  case complex128 = "ComplexDoubleStorage"
  case quantizedInt8 = "QInt8Storage"
  case quantizedUInt8 = "QUInt8Storage"
  case quantizedInt32 = "QInt32Storage"
  case untyped = "UntypedStorage"

  /// - Parameter name: with its module, for instance `torch.FloatStorage`.
  init?(global name: String) {
    if name == "torch.storage.UntypedStorage" {
      self = .untyped
    } else {
      guard name.hasPrefix("torch.") else { return nil }
      self.init(rawValue: String(name.dropFirst("torch.".count)))
    }
  }

  /// Bytes of one element.
  var size: Int {
    switch self {
    case .int8, .uint8, .boolean, .quantizedInt8, .quantizedUInt8, .untyped: 1
    case .float16, .bfloat16, .int16: 2
    case .float32, .int32, .quantizedInt32: 4
    case .float64, .int64, .complex64: 8
    case .complex128: 16
    }
  }

  /// What its tensors become: floats float32, whole numbers and truth values int64; nil where no
  /// tensor is made.
  var result: SafeTensors.ElementType? {
    switch self {
    case .float64, .float32, .float16, .bfloat16: .float32
    case .int64, .int32, .int16, .int8, .uint8, .boolean: .int64
    case .complex64, .complex128, .quantizedInt8, .quantizedUInt8, .quantizedInt32, .untyped: nil
    }
  }
}

/// The float of an IEEE 754 half, exactly.
func float(half bits: UInt16) -> Float {
  let sign = UInt32(bits & 0x8000) << 16
  let exponent = UInt32(bits >> 10 & 0x1F)
  let fraction = UInt32(bits & 0x3FF)
  switch exponent {
  case 0:
    // Zero or subnormal: fraction · 2⁻²⁴.
    let magnitude = Float(fraction) * 0x1p-24
    return Float(bitPattern: sign | magnitude.bitPattern)
  case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
  default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
  }
}
