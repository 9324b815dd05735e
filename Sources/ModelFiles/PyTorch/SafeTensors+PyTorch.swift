import FileStore

/// Formats of files with weights, by their first bytes.
enum WeightFormat {
  case safetensors
  /// A zip archive: `torch.save` of PyTorch 1.6 and later.
  case zip
  /// A pickle of protocol 2 or later: `torch.save` before PyTorch 1.6.
  case pickle
  /// HDF5, the `.h5` of Keras; see Note [Keras].
  case hdf5

  /// - Parameter start: the first eight bytes, or all there are.
  init(_ start: [UInt8]) {
    // A safetensors file begins with a length, which may by chance begin as the other formats do,
    // but never goes on as they do: as a length it would be above the limit.
    let isLength = start.count == 8 && littleEndian(start) <= UInt64(SafeTensors.Limit.header)
    if !isLength, start.starts(with: Array("PK".utf8)) {
      self = .zip
    } else if !isLength, start.count >= 2, start[0] == 0x80, (2...5).contains(start[1]) {
      self = .pickle
    } else if start.starts(with: [0x89] + Array("HDF\r\n\u{1A}\n".utf8)) {
      self = .hdf5
    } else {
      self = .safetensors
    }
  }

  // Note [Keras]: files of Keras hold HDF5. Its one C library trusts what it reads (it has a long
  // list of crashes on crafted files), so that reading it here would break the promise that no file
  // stops the program. ONNX carries such a network with its weights.
  static func keras(_ file: WeightFile) -> ModelFileError {
    file.error(
      .format,
      "holds weights of Keras as HDF5, which is not read; export the network in Keras with "
        + "model.export(\"net.onnx\", format=\"onnx\") and import that file")
  }
}

extension SafeTensors {
  /// Reads the weights of a `.pth` or `.pt` file of PyTorch without running anything in it; see
  /// Note [Pickles].
  ///
  /// The file holds a `state_dict`, or a dictionary with one under `state_dict`,
  /// `model_state_dict` or `model`. Names are PyTorch's, without a common `module.`; floats become
  /// float32, whole numbers and truth values int64, and every tensor is row-major. All floats must
  /// be finite. Memory stays below twice the size of the file plus a constant.
  public init(readingPyTorch path: String) throws(ModelFileError) {
    try self.init(readingPyTorch: try WeightFile(path))
  }

  /// Reads a file of weights in whichever format its first bytes say: safetensors, or PyTorch's
  /// two. Floats of any width become float32.
  public static func readingWeights(_ path: String) throws(ModelFileError) -> SafeTensors {
    let file = try WeightFile(path)
    return switch WeightFormat(try file.bytes(min(8, file.size), at: 0)) {
    case .safetensors: try SafeTensors(reading: path).inFloat32()
    case .zip, .pickle, .hdf5: try SafeTensors(readingPyTorch: file)
    }
  }

  private init(readingPyTorch file: WeightFile) throws(ModelFileError) {
    if file.size == 0 {
      throw file.error(.truncated, "is empty; give a file that torch.save wrote")
    }
    if file.size > Limit.file {
      throw file.error(
        .format, "has \(file.size) bytes, more than the \(Limit.file) a model may have")
    }
    let content: PyTorchContent
    switch WeightFormat(try file.bytes(min(8, file.size), at: 0)) {
    case .zip: content = try .archive(file)
    case .pickle: content = try .older(file)
    case .hdf5: throw WeightFormat.keras(file)
    case .safetensors:
      throw file.error(
        .format, "is not a file that torch.save wrote; give a .pth or .pt file of PyTorch")
    }
    var reader = TensorReader(file, content)
    var tensors: [Tensor] = []
    for (name, tensor) in try StateDictionary(file, content).tensors() {
      tensors.append(try reader.read(tensor, name: name))
    }
    self.init(source: file.path, digest: try file.digest(), metadata: [:], tensors: tensors)
  }
}
