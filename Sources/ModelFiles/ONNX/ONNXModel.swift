import FileStore

/// The content of one ONNX file, as far as a network for inference needs it.
///
/// The structs follow the messages of `onnx.proto3` field by field and know nothing of operators.
/// Left out, and gone when a model that was read is written: documentation of parts, functions,
/// training information, quantization annotations. Refused by name: attributes that are graphs,
/// types or sparse tensors, and sparse initializers.
///
/// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3
public struct ONNXModel: Sendable {
  /// What messages call the model: the path it came from, or empty.
  public let source: String
  /// Of the format itself; 8 goes with operator sets up to 18, 9 up to 20, 10 up to 23.
  public var irVersion: Int
  /// The version of each domain's operators; ONNX's own domain is the empty string.
  public var opsets: [String: Int]
  /// The program that wrote it.
  public var producerName: String
  /// In that program's own form.
  public var producerVersion: String
  /// Whose model it is, in the form of a reversed host name; often empty.
  public var domain: String
  /// In the producer's own counting.
  public var modelVersion: Int
  /// For people.
  public var documentation: String
  /// Names and texts; our own export tells all of its metadata here.
  public var metadata: [String: String]
  /// The network itself.
  public var graph: ONNXGraph

  /// The version of ONNX's own operators, if the model uses any.
  public var opset: Int? { opsets[""] }

  /// - Parameter opset: of ONNX's own operators; other domains have none.
  public init(
    graph: ONNXGraph, opset: Int = 17, irVersion: Int = 8, producerName: String = "",
    producerVersion: String = "", metadata: [String: String] = [:]
  ) {
    self.init(
      source: "", irVersion: irVersion, opsets: ["": opset], producerName: producerName,
      producerVersion: producerVersion, domain: "", modelVersion: 0, documentation: "",
      metadata: metadata, graph: graph)
  }

  init(
    source: String, irVersion: Int, opsets: [String: Int], producerName: String,
    producerVersion: String, domain: String, modelVersion: Int, documentation: String,
    metadata: [String: String], graph: ONNXGraph
  ) {
    self.source = source
    self.irVersion = irVersion
    self.opsets = opsets
    self.producerName = producerName
    self.producerVersion = producerVersion
    self.domain = domain
    self.modelVersion = modelVersion
    self.documentation = documentation
    self.metadata = metadata
    self.graph = graph
  }
}

/// Nodes in the order in which they can run, and the tensors they begin with.
public struct ONNXGraph: Sendable {
  /// For people; the checker of ONNX wants one.
  public var name: String
  /// In an order in which each reads only what is there before it.
  public var nodes: [ONNXNode]
  /// Weights and constants; no two have the same name.
  public var initializers: [ONNXTensor]
  /// In old files also the initializers.
  public var inputs: [ONNXValue]
  /// What the graph gives.
  public var outputs: [ONNXValue]
  /// Types and shapes of values in between, as far as the writer knew them.
  public var values: [ONNXValue]

  /// Nothing is checked; the writer of the graph answers for its names.
  public init(
    name: String, nodes: [ONNXNode] = [], initializers: [ONNXTensor] = [],
    inputs: [ONNXValue] = [], outputs: [ONNXValue] = [], values: [ONNXValue] = []
  ) {
    self.name = name
    self.nodes = nodes
    self.initializers = initializers
    self.inputs = inputs
    self.outputs = outputs
    self.values = values
  }
}

/// One call of an operator.
public struct ONNXNode: Sendable {
  /// Such as `Conv`.
  public var op: String
  /// Where the operator is defined; ONNX's own domain is the empty string.
  public var domain: String
  /// May be empty.
  public var name: String
  /// Names of values; an empty one stands for an optional input left out.
  public var inputs: [String]
  /// Names of values; an empty one stands for an optional output left out.
  public var outputs: [String]
  /// By name.
  public var attributes: [String: ONNXAttribute]

  /// An empty domain is ONNX's own.
  public init(
    op: String, domain: String = "", name: String = "", inputs: [String], outputs: [String],
    attributes: [String: ONNXAttribute] = [:]
  ) {
    self.op = op
    self.domain = domain
    self.name = name
    self.inputs = inputs
    self.outputs = outputs
    self.attributes = attributes
  }
}

/// The value of a node's attribute.
public enum ONNXAttribute: Sendable {
  /// One 32-bit float.
  case float(Float)
  /// One whole number.
  case int(Int64)
  /// UTF-8 text.
  case string(String)
  /// A constant.
  case tensor(ONNXTensor)
  /// Several 32-bit floats.
  case floats([Float])
  /// Several whole numbers.
  case ints([Int64])
  /// Several texts.
  case strings([String])
}

/// Type and shape of a named value.
public struct ONNXValue: Sendable, Equatable {
  /// One size of a shape.
  public enum Dimension: Sendable, Hashable {
    /// So many.
    case size(Int)
    /// Any size, the same wherever this name stands, such as the number of clips `N`.
    case symbol(String)
    /// Any size.
    case unknown
  }

  /// What nodes call it.
  public var name: String
  /// Nil where it is not a tensor or of a type that is not known here.
  public var type: ONNXTensor.ElementType?
  /// Nil where the shape, even its number of sizes, is not known.
  public var dims: [Dimension]?

  /// - Parameter dims: nil for a shape of which nothing is known.
  public init(name: String, type: ONNXTensor.ElementType? = .float, dims: [Dimension]?) {
    self.name = name
    self.type = type
    self.dims = dims
  }
}
