import FileStore

extension ONNXModel {
  /// Bytes of a whole file: protobuf counts in 31 bits.
  public static let maximumFileSize = Int(Int32.max)

  /// Reads and checks a file. Weights in other files are opened when they are asked for: these
  /// must lie in the model's own folder, and no symbolic link is followed to them.
  public init(reading path: String) throws(ModelFileError) {
    let bytes: [UInt8]
    do {
      var reader = try FileReader(path)
      if reader.size > ONNXModel.maximumFileSize {
        throw ModelFileError(
          .format, path: path,
          "has \(reader.size) bytes, more than the \(ONNXModel.maximumFileSize) of an ONNX file")
      }
      bytes = try reader.read(reader.size)
      if bytes.count != reader.size {
        throw ModelFileError(.truncated, path: path, "became shorter while it was read; try again")
      }
    } catch let error as ModelFileError {
      throw error
    } catch let error as FileStoreError {
      throw ModelFileError(error)
    } catch {
      preconditionFailure("reading throws only errors of files, not \(error)")
    }
    try self.init(bytes, ONNXOrigin(source: path, folder: PathText.folder(of: path)))
  }

  /// Checks the bytes of a file; weights in other files cannot be had this way.
  ///
  /// - Parameter source: what messages call it.
  public init(bytes: [UInt8], source: String) throws(ModelFileError) {
    try self.init(bytes, ONNXOrigin(source: source, folder: nil))
  }

  private init(_ bytes: [UInt8], _ origin: ONNXOrigin) throws(ModelFileError) {
    if bytes.isEmpty {
      throw ModelFileError(.truncated, path: origin.source, "is empty; \(whatToGive)")
    }
    do throws(ProtobufFailure) {
      var reader = ProtobufReader(bytes[...])
      try self.init(&reader, origin)
    } catch {
      let place = error.place.isEmpty ? "" : "\(error.place): "
      throw ModelFileError(
        error.code, path: origin.source,
        "\(place)\(error.reason), at byte \(error.offset); "
          + (error.code == .truncated ? "the file is cut short, copy it again" : whatToGive))
    }
  }

  /// ModelProto.
  private init(_ reader: inout ProtobufReader, _ origin: ONNXOrigin) throws(ProtobufFailure) {
    var irVersion: Int64?
    var opsets: [(domain: String, version: Int64)] = []
    var producerName = ""
    var producerVersion = ""
    var domain = ""
    var modelVersion: Int64 = 0
    var documentation = ""
    var metadata: [(key: String, value: String)] = []
    var graph: ONNXGraph?
    while let field = try reader.nextField() {
      switch field {
      case 1: irVersion = try reader.integer("ir_version")
      case 2: producerName = try reader.text("producer_name")
      case 3: producerVersion = try reader.text("producer_version")
      case 4: domain = try reader.text("domain")
      case 5: modelVersion = try reader.integer("model_version")
      case 6:
        documentation = try reader.text("doc_string", limit: ProtobufReader.Limit.text)
      case 7:
        graph = try reader.message("graph") { (r) throws(ProtobufFailure) in
          try ONNXGraph(&r, origin)
        }
      case 8:
        try reader.append("opset_import", to: &opsets) { (r) throws(ProtobufFailure) in
          try ONNXModel.opset(&r)
        }
      case 14:
        try reader.append("metadata_props", to: &metadata) { (r) throws(ProtobufFailure) in
          try stringEntry(&r)
        }
      default: try reader.skip()
      }
    }
    guard let irVersion else { throw reader.failure("missing", in: "ir_version") }
    guard let graph else { throw reader.failure("missing", in: "graph") }
    if opsets.isEmpty { throw reader.failure("missing", in: "opset_import") }
    var versions: [String: Int] = [:]
    for (domain, version) in opsets {
      guard versions.updateValue(Int(version), forKey: domain) == nil else {
        throw reader.failure("the domain \"\(domain)\" twice", in: "opset_import")
      }
    }
    self.init(
      source: origin.source, irVersion: Int(irVersion), opsets: versions,
      producerName: producerName, producerVersion: producerVersion, domain: domain,
      modelVersion: Int(modelVersion), documentation: documentation,
      metadata: try dictionary(metadata, "metadata_props", reader), graph: graph)
  }

  /// OperatorSetIdProto.
  private static func opset(
    _ reader: inout ProtobufReader
  ) throws(ProtobufFailure) -> (domain: String, version: Int64) {
    var domain = ""
    var version: Int64 = 0
    while let field = try reader.nextField() {
      switch field {
      case 1: domain = try reader.text("domain")
      case 2: version = try reader.integer("version")
      default: try reader.skip()
      }
    }
    return (ONNXOrigin.normalized(domain), version)
  }
}

/// Where a model comes from.
struct ONNXOrigin {
  /// What messages call it.
  let source: String
  /// Where its external data may lie.
  let folder: String?

  /// ONNX's own domain has two names.
  static func normalized(_ domain: String) -> String { domain == "ai.onnx" ? "" : domain }
}

private let whatToGive = "give an ONNX model that onnx.checker accepts"

extension ONNXGraph {
  /// Far more than any network that can be made here has: each takes twenty times its bytes.
  static let mostNodes = 1 << 15

  /// GraphProto.
  fileprivate init(
    _ reader: inout ProtobufReader, _ origin: ONNXOrigin
  ) throws(ProtobufFailure) {
    self.init(name: "")
    while let field = try reader.nextField() {
      switch field {
      case 1:
        try reader.append("node", to: &nodes) { (r) throws(ProtobufFailure) in
          try ONNXNode(&r, origin)
        }
        if nodes.count > ONNXGraph.mostNodes {
          throw reader.failure("more than \(ONNXGraph.mostNodes) in a graph", in: "node")
        }
      case 2: name = try reader.text("name")
      case 5:
        try reader.append("initializer", to: &initializers) { (r) throws(ProtobufFailure) in
          try ONNXTensor(&r, origin)
        }
      case 11:
        try reader.append("input", to: &inputs) { (r) throws(ProtobufFailure) in
          try ONNXValue(&r)
        }
      case 12:
        try reader.append("output", to: &outputs) { (r) throws(ProtobufFailure) in
          try ONNXValue(&r)
        }
      case 13:
        try reader.append("value_info", to: &values) { (r) throws(ProtobufFailure) in
          try ONNXValue(&r)
        }
      case 15: throw reader.failure("sparse tensors are not read", in: "sparse_initializer")
      default: try reader.skip()
      }
    }
    var names: Set<String> = []
    for tensor in initializers where !names.insert(tensor.name).inserted {
      throw reader.failure("the name \"\(tensor.name)\" twice", in: "initializer")
    }
  }
}

extension ONNXNode {
  /// Values that one node reads or gives.
  static let mostValues = 4096

  /// NodeProto.
  fileprivate init(
    _ reader: inout ProtobufReader, _ origin: ONNXOrigin
  ) throws(ProtobufFailure) {
    self.init(op: "", inputs: [], outputs: [])
    var found: [(name: String, value: ONNXAttribute)] = []
    while let field = try reader.nextField() {
      switch field {
      case 1: try reader.appendText("input", to: &inputs)
      case 2: try reader.appendText("output", to: &outputs)
      case 3: name = try reader.text("name")
      case 4: op = try reader.text("op_type")
      case 5:
        try reader.append("attribute", to: &found) { (r) throws(ProtobufFailure) in
          try ONNXAttribute.read(&r, origin)
        }
      case 7: domain = ONNXOrigin.normalized(try reader.text("domain"))
      default: try reader.skip()
      }
    }
    if inputs.count > ONNXNode.mostValues || outputs.count > ONNXNode.mostValues {
      throw reader.failure("more than \(ONNXNode.mostValues) inputs or outputs")
    }
    if op.isEmpty { throw reader.failure("missing", in: "op_type") }
    for (name, value) in found where attributes.updateValue(value, forKey: name) != nil {
      throw reader.failure("the name \"\(name)\" twice", in: "attribute")
    }
  }
}

extension ONNXValue {
  /// ValueInfoProto.
  fileprivate init(_ reader: inout ProtobufReader) throws(ProtobufFailure) {
    self.init(name: "", type: nil, dims: nil)
    while let field = try reader.nextField() {
      switch field {
      case 1: name = try reader.text("name")
      case 2:
        (type, dims) = try reader.message("type") { (r) throws(ProtobufFailure) in
          try ONNXValue.type(&r)
        }
      default: try reader.skip()
      }
    }
  }

  /// TypeProto; what is not a tensor has neither type nor shape.
  private static func type(
    _ reader: inout ProtobufReader
  ) throws(ProtobufFailure) -> (ONNXTensor.ElementType?, [Dimension]?) {
    var tensor: (ONNXTensor.ElementType?, [Dimension]?)
    while let field = try reader.nextField() {
      switch field {
      case 1:
        tensor = try reader.message("tensor_type") { (r) throws(ProtobufFailure) in
          try tensorType(&r)
        }
      default: try reader.skip()
      }
    }
    return tensor
  }

  /// TypeProto.Tensor.
  private static func tensorType(
    _ reader: inout ProtobufReader
  ) throws(ProtobufFailure) -> (ONNXTensor.ElementType?, [Dimension]?) {
    var type: ONNXTensor.ElementType?
    var dims: [Dimension]?
    while let field = try reader.nextField() {
      switch field {
      case 1:
        type = ONNXTensor.ElementType(rawValue: Int(try reader.integer("elem_type")))
      case 2:
        dims = try reader.message("shape") { (r) throws(ProtobufFailure) in
          try shape(&r)
        }
      default: try reader.skip()
      }
    }
    return (type, dims)
  }

  /// TensorShapeProto.
  private static func shape(
    _ reader: inout ProtobufReader
  ) throws(ProtobufFailure) -> [Dimension] {
    var dims: [Dimension] = []
    while let field = try reader.nextField() {
      switch field {
      case 1:
        try reader.append("dim", to: &dims, light: true) { (r) throws(ProtobufFailure) in
          try dimension(&r)
        }
        if dims.count > ONNXTensor.maximumDimensions {
          throw reader.failure("more than \(ONNXTensor.maximumDimensions) sizes", in: "dim")
        }
      default: try reader.skip()
      }
    }
    return dims
  }

  /// TensorShapeProto.Dimension; some writers take -1 for an unknown size.
  private static func dimension(
    _ reader: inout ProtobufReader
  ) throws(ProtobufFailure) -> Dimension {
    var dimension = Dimension.unknown
    while let field = try reader.nextField() {
      switch field {
      case 1:
        let size = try reader.integer("dim_value")
        if size < -1 { throw reader.failure("the negative size \(size)", in: "dim_value") }
        dimension = size < 0 ? .unknown : .size(Int(size))
      case 2:
        let symbol = try reader.text("dim_param")
        dimension = symbol.isEmpty ? .unknown : .symbol(symbol)
      default: try reader.skip()
      }
    }
    return dimension
  }
}

/// StringStringEntryProto.
func stringEntry(
  _ reader: inout ProtobufReader
) throws(ProtobufFailure) -> (key: String, value: String) {
  var key = ""
  var value = ""
  while let field = try reader.nextField() {
    switch field {
    case 1: key = try reader.text("key")
    case 2: value = try reader.text("value", limit: ProtobufReader.Limit.text)
    default: try reader.skip()
    }
  }
  return (key, value)
}

/// Entries by key, of which each may be there once.
func dictionary(
  _ entries: [(key: String, value: String)], _ name: String, _ reader: ProtobufReader
) throws(ProtobufFailure) -> [String: String] {
  var dictionary: [String: String] = [:]
  for (key, value) in entries where dictionary.updateValue(value, forKey: key) != nil {
    throw reader.failure("the key \"\(key)\" twice", in: name)
  }
  return dictionary
}
