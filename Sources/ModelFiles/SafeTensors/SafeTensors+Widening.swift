extension SafeTensors {
  /// The same tensors with every float as float32, which is what networks hold.
  ///
  /// - Throws: `nonFinite` for a double that no float32 can hold.
  func inFloat32() throws(ModelFileError) -> SafeTensors {
    var tensors: [Tensor] = []
    for name in names {
      guard let tensor = self[name] else { continue }
      let converted = tensor.inFloat32
      try converted.requireFinite(in: source)
      tensors.append(converted)
    }
    return SafeTensors(source: source, digest: digest, metadata: metadata, tensors: tensors)
  }
}

extension SafeTensors.Tensor {
  /// The tensor with its floats as float32; itself where it holds whole numbers.
  fileprivate var inFloat32: Self {
    switch type {
    case .bfloat16:
      converted { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
    case .float16: converted { (bits: UInt16) in float(half: bits) }
    case .float64: converted { (value: Double) in Float(value) }
    default: self
    }
  }

  private func converted<Element: BitwiseCopyable>(_ convert: (Element) -> Float) -> Self {
    let elements: [Element] = elements()
    let floats = elements.map(convert)
    return Self(
      name: name, type: .float32, shape: shape,
      bytes: floats.withUnsafeBytes { Array($0) })
  }
}
