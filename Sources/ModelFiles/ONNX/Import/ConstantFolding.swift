// What exporters compute from shapes and weights before the network proper: done while reading.

/// The operators whose results are known when their inputs are.
enum ConstantFolding {
  static let operators: Set<String> = [
    "Constant", "ConstantOfShape", "Identity", "Cast", "Gather", "Slice", "Concat", "Unsqueeze",
    "Squeeze", "Reshape", "Flatten", "Transpose", "Expand", "Add", "Sub", "Mul", "Div", "Neg",
    "Sqrt", "Floor", "Where", "Equal", "ReduceProd", "Range", "Shape", "Min", "Max",
  ]

  /// The result for known inputs; nil inputs were left out.
  ///
  /// - Parameter budget: values that may still be made; lowered by those of the result.
  static func fold(
    _ node: ONNXNode, _ inputs: [ONNXConstant?], opset: Int, budget: inout Int
  ) throws(ONNXRefusal) -> ONNXConstant {
    let call = Call(node: node, inputs: inputs, opset: opset)
    let made = try call.result(budget: budget)
    switch made.storage {
    case .floats, .integers: budget -= made.count
    case .tensor, .filled: break
    }
    guard budget >= 0 else {
      throw ONNXRefusal("makes more constants than the file's weights justify")
    }
    return made
  }

  /// The axes that an operator names by an attribute or, in newer sets, by an input.
  static func axes(_ node: ONNXNode, _ input: ONNXConstant?, rank: Int) throws(ONNXRefusal)
    -> [Int]?
  {
    let named: [Int]?
    if let input { named = try input.integers().map(Int.init) } else { named = node.ints("axes") }
    guard let named else { return nil }
    var axes: [Int] = []
    for axis in named { axes.append(try resolved(axis, rank: rank)) }
    guard Set(axes).count == axes.count else {
      throw ONNXRefusal("the same axis twice in \(named)")
    }
    return axes
  }

  /// An axis that may count from the end.
  static func resolved(_ axis: Int, rank: Int) throws(ONNXRefusal) -> Int {
    guard (-rank..<rank).contains(axis) else {
      throw ONNXRefusal("axis \(axis) of a value that has \(rank)")
    }
    return axis < 0 ? axis + rank : axis
  }

  /// The range of a slice along an axis of a size, forwards.
  static func range(_ start: Int64, _ end: Int64, size: Int) -> Range<Int> {
    func place(_ value: Int64) -> Int {
      let size = Int64(size)
      return Int(min(max(value < 0 ? max(value, -size) + size : value, 0), size))
    }
    let (first, last) = (place(start), place(end))
    return first..<max(first, last)
  }

  /// The sizes that a `Shape` asks for: all, or those from `start` to `end`.
  static func part(ofShape sizes: [Int], _ node: ONNXNode) -> [Int64] {
    let range = range(
      Int64(node.int("start") ?? 0), Int64(node.int("end") ?? sizes.count), size: sizes.count)
    return sizes[range].map(Int64.init)
  }

  /// A shape that `Reshape` names, where 0 keeps a size and -1 is what is left.
  static func shape(_ wanted: [Int64], of sizes: [Int], allowZero: Bool) throws(ONNXRefusal)
    -> [Int]
  {
    guard let count = ONNXTensor.product(sizes), wanted.count <= ONNXTensor.maximumDimensions,
      wanted.allSatisfy({ $0 >= -1 }), wanted.count(where: { $0 == -1 }) <= 1
    else { throw ONNXRefusal("a reshape to \(wanted) means nothing") }
    var result: [Int] = []
    for (index, size) in wanted.enumerated() {
      if size == 0, !allowZero {
        guard index < sizes.count else {
          throw ONNXRefusal("a reshape to \(wanted) keeps an axis that \(sizes) lacks")
        }
        result.append(sizes[index])
      } else {
        result.append(Int(size))
      }
    }
    if let open = result.firstIndex(of: -1) {
      let known = ONNXTensor.product(result.filter { $0 != -1 }) ?? 0
      guard known > 0, count % known == 0 else {
        throw ONNXRefusal("a reshape of \(sizes) to \(wanted) means nothing: it does not divide")
      }
      result[open] = count / known
    }
    guard ONNXTensor.product(result) == count else {
      throw ONNXRefusal("a reshape of \(sizes) to \(wanted) means nothing: the counts differ")
    }
    return result
  }
}

private struct Call {
  let node: ONNXNode
  let inputs: [ONNXConstant?]
  let opset: Int

  func input(_ index: Int) throws(ONNXRefusal) -> ONNXConstant {
    guard let input = optional(index) else { throw ONNXRefusal("lacks its input \(index + 1)") }
    return input
  }

  func optional(_ index: Int) -> ONNXConstant? { index < inputs.count ? inputs[index] : nil }

  func result(budget: Int) throws(ONNXRefusal) -> ONNXConstant {
    switch node.op {
    case "Constant": return try constant()
    case "ConstantOfShape":
      let dims = try input(0).integers().map(Int.init)
      guard case .tensor(let tensor)? = node.attributes["value"] else {
        return try ONNXConstant(filled: 0, isFloat: true, dims: dims)
      }
      let value = try ONNXConstant(tensor)
      return try ONNXConstant(
        filled: Double(try value.number()), isFloat: value.isFloat, dims: dims)
    case "Identity": return try input(0)
    case "Cast": return try cast()
    case "Shape":
      return ONNXConstant(integers: ConstantFolding.part(ofShape: try input(0).dims, node))
    case "Unsqueeze", "Squeeze", "Reshape", "Flatten": return try reshaped()
    case "Expand": return try expanded(budget: budget)
    case "Transpose", "Slice", "Gather": return try selected(budget: budget)
    case "Concat": return try concatenated(budget: budget)
    case "Range":
      let (start, end, step) = (
        try input(0).integers(), try input(1).integers(), try input(2).integers()
      )
      guard let a = start.first, let b = end.first, let c = step.first, c != 0,
        [a, b, c].allSatisfy({ (-1 << 31...1 << 31).contains($0) }),
        (b - a) / c < ONNXConstant.mostNumbers
      else { throw ONNXRefusal("a range too long") }
      return ONNXConstant(integers: Array(stride(from: a, to: b, by: Int64.Stride(c))))
    case "ReduceProd":
      var product: Int64 = 1
      for value in try input(0).integers() {
        let (next, overflow) = product.multipliedReportingOverflow(by: value)
        if overflow { throw ONNXRefusal("a product beyond all sizes") }
        product = next
      }
      return ONNXConstant(integers: [product], dims: node.int("keepdims") == 0 ? [] : [1])
    default: return try elementwise()
    }
  }

  private func constant() throws(ONNXRefusal) -> ONNXConstant {
    if case .tensor(let tensor)? = node.attributes["value"] { return try ONNXConstant(tensor) }
    if let value = node.int("value_int") {
      return ONNXConstant(integers: [Int64(value)], dims: [])
    }
    if let values = node.ints("value_ints") {
      return ONNXConstant(integers: values.map(Int64.init))
    }
    if let value = node.float("value_float") { return ONNXConstant(floats: [value], dims: []) }
    if case .floats(let values)? = node.attributes["value_floats"] {
      return ONNXConstant(floats: values, dims: [values.count])
    }
    throw ONNXRefusal("a constant without numbers")
  }

  private func cast() throws(ONNXRefusal) -> ONNXConstant {
    let input = try input(0)
    let isFloat: Bool
    switch node.int("to").flatMap({ ONNXTensor.ElementType(rawValue: $0) }) {
    case .float, .double, .float16, .bfloat16: isFloat = true
    case .int64, .int32, .bool, .uint8: isFloat = false
    default: throw ONNXRefusal("a cast to a type that is not read")
    }
    if isFloat == input.isFloat { return input }
    let numbers = try input.numbers()
    if isFloat { return ONNXConstant(floats: numbers, dims: input.dims) }
    guard numbers.allSatisfy({ abs($0) < 0x1p31 }) else {
      throw ONNXRefusal("a cast of \(numbers.first ?? 0) to whole numbers")
    }
    return ONNXConstant(integers: numbers.map { Int64($0) }, dims: input.dims)
  }

  private func reshaped() throws(ONNXRefusal) -> ONNXConstant {
    let input = try input(0)
    var dims = input.dims
    switch node.op {
    case "Reshape":
      dims = try ConstantFolding.shape(
        try self.input(1).integers(), of: dims, allowZero: node.int("allowzero") == 1)
    case "Flatten":
      let axis = node.int("axis") ?? 1
      guard (0...dims.count).contains(axis) else { throw ONNXRefusal("axis \(axis)") }
      dims = [dims[..<axis].reduce(1, *), dims[axis...].reduce(1, *)]
    case "Squeeze":
      let axes = try ConstantFolding.axes(node, optional(1), rank: dims.count)
      let dropped = axes ?? dims.indices.filter { dims[$0] == 1 }
      let kept = dims.indices.filter { !dropped.contains($0) }
      dims = kept.map { dims[$0] }
    default:
      let named = try optional(1)?.integers().count ?? node.ints("axes")?.count ?? 0
      let rank = dims.count + named
      for axis in try ConstantFolding.axes(node, optional(1), rank: rank)?.sorted() ?? [] {
        dims.insert(1, at: min(axis, dims.count))
      }
    }
    return try input.with(dims: dims)
  }

  private func expanded(budget: Int) throws(ONNXRefusal) -> ONNXConstant {
    let input = try input(0)
    let wanted = try self.input(1).integers().map(Int.init)
    let rank = max(wanted.count, input.dims.count)
    let one = [Int](repeating: 1, count: rank)
    let from = Array(one.dropLast(input.dims.count) + input.dims)
    let to = Array(one.dropLast(wanted.count) + wanted)
    guard wanted.allSatisfy({ $0 >= 0 }),
      zip(from, to).allSatisfy({ $0 == $1 || $0 == 1 || $1 == 1 })
    else {
      throw ONNXRefusal("cannot expand \(input.dims) to \(wanted)")
    }
    let dims = zip(from, to).map { max($0, $1) }
    if dims == from { return try input.with(dims: dims) }
    let numbers = try input.numbers()
    if let first = numbers.first, numbers.allSatisfy({ $0 == first }) {
      return try ONNXConstant(filled: Double(first), isFloat: input.isFloat, dims: dims)
    }
    throw ONNXRefusal("cannot expand a constant of \(input.dims) to \(wanted)")
  }

  /// Makes a constant of the values at these places of another.
  private func taking(
    _ places: [Int], of input: ONNXConstant, dims: [Int]
  ) throws(ONNXRefusal) -> ONNXConstant {
    if case .filled(let value) = input.storage {
      return try ONNXConstant(filled: value, isFloat: input.isFloat, dims: dims)
    }
    guard input.isFloat else {
      let values = try input.integers()
      return ONNXConstant(integers: places.map { values[$0] }, dims: dims)
    }
    do {
      let values = try input.floats()
      return ONNXConstant(floats: places.map { values[$0] }, dims: dims)
    } catch {
      throw ONNXRefusal(error)
    }
  }

  /// Transposes, slices and gathers: values of the first input in other places.
  private func selected(budget: Int) throws(ONNXRefusal) -> ONNXConstant {
    let input = try input(0)
    let rank = input.dims.count
    var order = Array(0..<rank)
    // Along each axis, which positions are taken.
    var taken = input.dims.map { Array(0..<min($0, budget + 1)) }
    guard input.count <= budget else {
      throw ONNXRefusal("makes more constants than the file's weights justify")
    }
    var dropped: Int?
    switch node.op {
    case "Transpose":
      order = node.ints("perm") ?? order.reversed()
      guard order.sorted() == Array(0..<rank) else { throw ONNXRefusal("the order \(order)") }
    case "Gather":
      let axis = try ConstantFolding.resolved(node.int("axis") ?? 0, rank: rank)
      let indices = try self.input(1)
      guard indices.dims.count <= 1 else { throw ONNXRefusal("gathers by a table") }
      taken[axis] = []
      for index in try indices.integers() {
        let size = Int64(input.dims[axis])
        guard (-size..<size).contains(index) else {
          throw ONNXRefusal("gathers number \(index) of \(size)")
        }
        taken[axis].append(Int(index < 0 ? index + size : index))
      }
      if indices.dims.isEmpty { dropped = axis }
    default:
      for (axis, range, step) in try SliceRanges.of(node, inputs, sizes: input.dims) {
        taken[axis] =
          step > 0
          ? Array(stride(from: range.lowerBound, to: range.upperBound, by: step))
          : Array(stride(from: range.upperBound - 1, through: range.lowerBound, by: step))
      }
    }
    var strides = [Int](repeating: 1, count: rank)
    for axis in (0..<rank).dropLast().reversed() {
      strides[axis] = strides[axis + 1] * input.dims[axis + 1]
    }
    var dims = order.map { taken[$0].count }
    guard let count = ONNXTensor.product(dims), count <= budget else {
      throw ONNXRefusal("makes more constants than the file's weights justify")
    }
    var places = [0]
    for axis in order {
      places = places.flatMap { place in taken[axis].map { place + $0 * strides[axis] } }
    }
    if let dropped { dims.remove(at: dropped) }
    return try taking(places, of: input, dims: dims)
  }

  private func concatenated(budget: Int) throws(ONNXRefusal) -> ONNXConstant {
    let parts = inputs.compactMap { $0 }
    guard let first = parts.first, parts.count == inputs.count else {
      throw ONNXRefusal("nothing to put side by side")
    }
    let axis = try ConstantFolding.resolved(node.int("axis") ?? 0, rank: first.dims.count)
    var dims = first.dims
    var total = 0
    dims[axis] = 0
    for part in parts {
      var other = part.dims
      guard other.count == dims.count, part.isFloat == first.isFloat, part.count <= budget - total
      else { throw ONNXRefusal("puts constants of \(first.dims) and \(part.dims) side by side") }
      total += part.count
      dims[axis] += other[axis]
      other[axis] = dims[axis]
      guard other == dims else {
        throw ONNXRefusal("puts constants of \(first.dims) and \(part.dims) side by side")
      }
    }
    let rows = dims[..<axis].reduce(1, *)
    func joined<Value>(_ values: [[Value]]) -> [Value] {
      (0..<rows).flatMap { row in
        values.flatMap { part -> ArraySlice<Value> in
          let width = part.count / max(1, rows)
          return part[row * width..<(row + 1) * width]
        }
      }
    }
    if first.isFloat {
      var values: [[Float]] = []
      do {
        for part in parts { values.append(try part.floats()) }
      } catch {
        throw ONNXRefusal(error)
      }
      return ONNXConstant(floats: joined(values), dims: dims)
    }
    var values: [[Int64]] = []
    for part in parts { values.append(try part.integers()) }
    return ONNXConstant(integers: joined(values), dims: dims)
  }

  /// Arithmetic on a few numbers.
  private func elementwise() throws(ONNXRefusal) -> ONNXConstant {
    let parts = inputs.compactMap { $0 }
    guard let longest = parts.max(by: { $0.count < $1.count }),
      parts.allSatisfy({ $0.count == longest.count || $0.count == 1 })
    else { throw ONNXRefusal("computes with constants of different shapes") }
    let isFloat = (node.op == "Where" ? parts.last : parts.first)?.isFloat == true
    var columns: [[Double]] = []
    for part in parts {
      let numbers =
        part.isFloat ? try part.numbers().map(Double.init) : try part.integers().map(Double.init)
      columns.append(
        numbers.count == longest.count
          ? numbers : [Double](repeating: numbers[0], count: longest.count))
    }
    let needed = node.op == "Where" ? 3 : ["Neg", "Sqrt", "Floor"].contains(node.op) ? 1 : 2
    guard columns.count == needed else { throw ONNXRefusal("reads \(columns.count) values") }
    let values = try (0..<longest.count).map { index throws(ONNXRefusal) -> Double in
      let a = columns[0][index]
      let b = needed > 1 ? columns[1][index] : 0
      switch node.op {
      case "Add": return a + b
      case "Sub": return a - b
      case "Mul": return a * b
      case "Div":
        guard isFloat || b != 0 else { throw ONNXRefusal("divides by 0") }
        return isFloat ? a / b : (a / b).rounded(.towardZero)
      case "Neg": return -a
      case "Sqrt": return a.squareRoot()
      case "Floor": return a.rounded(.down)
      case "Equal": return a == b ? 1 : 0
      case "Min": return min(a, b)
      case "Max": return max(a, b)
      default: return a != 0 ? b : columns[2][index]
      }
    }
    if isFloat, node.op != "Equal" {
      return ONNXConstant(floats: values.map(Float.init), dims: longest.dims)
    }
    guard values.allSatisfy({ abs($0) < 0x1p53 }) else {
      throw ONNXRefusal("computes a number beyond all sizes")
    }
    return ONNXConstant(integers: values.map { Int64($0) }, dims: longest.dims)
  }
}
