/// The few things of Python and PyTorch that a pickle may have made; see Note [Pickles].
extension PickleReader {
  /// What calling `callable` with a tuple of arguments gives.
  mutating func reduced(
    _ callable: PickleValue, _ arguments: PickleValue
  ) throws(ModelFileError) -> PickleValue {
    guard case .tuple(let index) = arguments else {
      throw failure("calls \(PickleReader.short(name(of: callable))) without a tuple of arguments")
    }
    guard case .global(let name) = callable else { return .opaque(self.name(of: callable)) }
    let values = heap.sequences[index]
    switch name {
    case "collections.OrderedDict": return try orderedDictionary(values)
    case "torch._utils._rebuild_tensor_v2": return try tensor(values)
    case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state":
      // The tensor, whether it requires a gradient, hooks and attributes.
      guard values.count >= 3 else { throw failure("calls \(name) with too few arguments") }
      return values[0]
    case "torch.Size":
      guard values.count == 1, case .tuple = values[0] else {
        throw failure("calls \(name) without a tuple")
      }
      return values[0]
    default: return .opaque(name)
    }
  }

  /// Without arguments from Python 3; with a list of lists of two from Python 2.
  private mutating func orderedDictionary(
    _ arguments: [PickleValue]
  ) throws(ModelFileError) -> PickleValue {
    if arguments.isEmpty { return try dictionary([]) }
    var pairs: [(key: PickleValue, value: PickleValue)] = []
    guard arguments.count == 1, let items = heap.elements(arguments[0]) else {
      throw failure("makes an OrderedDict of something other than a list of pairs")
    }
    // The same list may be named again and again.
    try charge(items.count)
    try take(2 * PickleHeap.growingValue * items.count)
    for item in items {
      guard let pair = heap.elements(item), pair.count == 2 else {
        throw failure("makes an OrderedDict of something other than a list of pairs")
      }
      pairs.append((pair[0], pair[1]))
    }
    return try dictionary(pairs)
  }

  /// Storage, offset, size, stride, requires_grad, hooks and perhaps metadata.
  private mutating func tensor(_ arguments: [PickleValue]) throws(ModelFileError) -> PickleValue {
    guard (6...7).contains(arguments.count), case .storage(let storage) = arguments[0],
      case .integer(let offset) = arguments[1],
      case .tuple(let size) = arguments[2], case .tuple(let stride) = arguments[3]
    else {
      throw failure("calls torch._utils._rebuild_tensor_v2 with other arguments than a tensor's")
    }
    try take(2 * PickleHeap.growingValue)
    heap.tensors.append(.init(storage: storage, offset: offset, size: size, stride: stride))
    return .tensor(heap.tensors.count - 1)
  }

  /// `('storage', type, key, location, count)`, in the older format with a view, which is None; or
  /// `('module', class, file, source)` in the older format, which stands for the class.
  mutating func persistent(_ id: PickleValue) throws(ModelFileError) -> PickleValue {
    guard let fields = heap.elements(id), case .text(let kind)? = fields.first else {
      throw failure("has a persistent id that is not a tuple with a name")
    }
    if kind == "module", fields.count == 4 { return .global(name(of: fields[1])) }
    guard kind == "storage", (5...6).contains(fields.count),
      case .global(let type) = fields[1], case .text(let key) = fields[2],
      case .integer(let count) = fields[4]
    else { throw failure("has a persistent id that is not a storage's") }
    if fields.count == 6 {
      guard case .none = fields[5] else {
        throw failure("has a storage that is a part of another, as PyTorch before 0.4 wrote")
      }
    }
    guard let element = PyTorchElement(global: type) else {
      throw failure("has a storage of the unknown type \(PickleReader.short(type))")
    }
    if count < 0 || count.multipliedReportingOverflow(by: element.size).overflow {
      throw failure("has a storage \(PickleReader.short(key)) of \(count) elements")
    }
    try take(8 * PickleHeap.growingValue)
    guard let storage = heap.add(.init(key: key, element: element, count: count)) else {
      throw failure("gives the storage \(PickleReader.short(key)) two types or sizes")
    }
    return .storage(storage)
  }

  /// The name of something that is called.
  func name(of callable: PickleValue) -> String {
    switch callable {
    case .global(let name), .opaque(let name): name
    default: callable.kind
    }
  }

  /// Fit for a message.
  static func short(_ name: String) -> String {
    let start = name.unicodeScalars.prefix(100)
    return start.endIndex == name.endIndex ? name : String(start) + "…"
  }
}
