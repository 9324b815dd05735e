import FileStore

/// Why an operator cannot be read; who knows its file and node puts them before.
struct ONNXRefusal: Error {
  let message: String
  /// An error of the file itself, which says all there is to say.
  var file: ModelFileError?

  init(_ message: String) { self.message = message }

  init(_ error: ModelFileError) {
    message = error.message
    file = error
  }
}

/// A tensor known before the network runs: a weight, or numbers that shapes are computed from.
struct ONNXConstant {
  enum Storage {
    /// Decoded when it is asked for.
    case tensor(ONNXTensor)
    case floats([Float])
    case integers([Int64])
    /// The same number everywhere.
    case filled(Double)
  }

  var dims: [Int]
  let count: Int
  let isFloat: Bool
  let storage: Storage

  /// More numbers than any shape or setting has.
  static let mostNumbers = 1 << 16

  init(_ tensor: ONNXTensor) throws(ONNXRefusal) {
    switch tensor.type {
    case .float, .double, .float16, .bfloat16: isFloat = true
    case .int64, .int32, .uint8, .bool: isFloat = false
    default: throw ONNXRefusal("the constant '\(tensor.name)' is \(tensor.type.name)")
    }
    dims = tensor.dims
    count = tensor.count
    storage = .tensor(tensor)
  }

  init(floats: [Float], dims: [Int]) {
    self.dims = dims
    count = floats.count
    isFloat = true
    storage = .floats(floats)
  }

  init(integers: [Int64], dims: [Int]? = nil) {
    self.dims = dims ?? [integers.count]
    count = integers.count
    isFloat = false
    storage = .integers(integers)
  }

  init(filled value: Double, isFloat: Bool, dims: [Int]) throws(ONNXRefusal) {
    guard let count = ONNXTensor.product(dims) else {
      throw ONNXRefusal("the impossible shape \(dims)")
    }
    self.dims = dims
    self.count = count
    self.isFloat = isFloat
    storage = .filled(value)
  }

  /// The same values under another shape.
  func with(dims: [Int]) throws(ONNXRefusal) -> ONNXConstant {
    guard ONNXTensor.product(dims) == count else {
      throw ONNXRefusal("a constant of shape \(self.dims) cannot have the shape \(dims)")
    }
    var constant = self
    constant.dims = dims
    return constant
  }

  /// The values of a weight.
  func floats() throws(ModelFileError) -> [Float] {
    switch storage {
    case .tensor(let tensor): try tensor.floats()
    case .floats(let floats): floats
    case .integers(let integers): integers.map { Float($0) }
    case .filled(let value): [Float](repeating: Float(value), count: count)
    }
  }

  /// A few numbers, floats among them.
  func numbers() throws(ONNXRefusal) -> [Float] {
    guard count <= Self.mostNumbers else {
      throw ONNXRefusal("\(count) constants where a few are expected")
    }
    if !isFloat { return try integers().map { Float($0) } }
    do throws(ModelFileError) {
      return try floats()
    } catch {
      throw ONNXRefusal(error)
    }
  }

  /// A few whole numbers.
  func integers() throws(ONNXRefusal) -> [Int64] {
    guard !isFloat, count <= Self.mostNumbers else {
      throw ONNXRefusal("\(count) \(isFloat ? "floats" : "numbers") where whole ones are expected")
    }
    switch storage {
    case .tensor(let tensor):
      do {
        return try tensor.integers()
      } catch {
        throw ONNXRefusal(error)
      }
    case .floats: preconditionFailure("floats are no whole numbers")
    case .integers(let integers): return integers
    case .filled(let value): return [Int64](repeating: Int64(value), count: count)
    }
  }

  /// Its one number.
  func number() throws(ONNXRefusal) -> Float {
    guard count == 1 else { throw ONNXRefusal("a constant of shape \(dims) where a number is due") }
    return try numbers()[0]
  }

  /// Whether it has the values of a tensor of its shape.
  func isEqual(to tensor: ONNXTensor) throws(ONNXRefusal) -> Bool {
    guard isFloat == (tensor.type == .float) else { return false }
    let wanted: [Int64]
    do throws(ModelFileError) {
      if isFloat { return try floats() == (try tensor.floats()) }
      wanted = try tensor.integers()
    } catch {
      throw ONNXRefusal(error)
    }
    return try integers() == wanted
  }

  /// Whether it has just these values.
  func isEqual(to values: [Float]) throws(ONNXRefusal) -> Bool {
    guard isFloat, count == values.count else { return false }
    do {
      return try floats() == values
    } catch {
      throw ONNXRefusal(error)
    }
  }

  /// Whether it is 0 everywhere.
  func isZero() throws(ONNXRefusal) -> Bool {
    if case .filled(let value) = storage { return value == 0 }
    do {
      return try floats().allSatisfy { $0 == 0 }
    } catch {
      throw ONNXRefusal(error)
    }
  }
}

extension ONNXNode {
  /// What messages call it.
  var called: String { PathText.display(name.isEmpty ? (outputs.first ?? op) : name) }

  func int(_ name: String) -> Int? {
    if case .int(let value)? = attributes[name] { Int(value) } else { nil }
  }

  func ints(_ name: String) -> [Int]? {
    if case .ints(let values)? = attributes[name] { values.map(Int.init) } else { nil }
  }

  func float(_ name: String) -> Float? {
    if case .float(let value)? = attributes[name] { value } else { nil }
  }

  func string(_ name: String) -> String? {
    if case .string(let value)? = attributes[name] { value } else { nil }
  }
}
