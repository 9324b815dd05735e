/// What a `Slice` takes along which axes: every `step`th of a range, from its end where the step is
/// negative.
enum SliceRanges {
  static func of(
    _ node: ONNXNode, _ inputs: [ONNXConstant?], sizes: [Int]
  ) throws(ONNXRefusal) -> [(axis: Int, range: Range<Int>, step: Int)] {
    func numbers(_ index: Int, _ name: String) throws(ONNXRefusal) -> [Int64]? {
      if index < inputs.count, let input = inputs[index] { return try input.integers() }
      return node.ints(name)?.map(Int64.init)
    }
    guard let starts = try numbers(1, "starts"), let ends = try numbers(2, "ends"),
      starts.count == ends.count
    else { throw ONNXRefusal("a slice without starts and ends") }
    let axes = try numbers(3, "axes") ?? (0..<Int64(starts.count)).map { $0 }
    let steps = try numbers(4, "steps") ?? [Int64](repeating: 1, count: starts.count)
    guard axes.count == starts.count, steps.count == starts.count else {
      throw ONNXRefusal("a slice of \(starts.count) starts along \(axes.count) axes")
    }
    var result: [(axis: Int, range: Range<Int>, step: Int)] = []
    for index in starts.indices {
      let axis = try ConstantFolding.resolved(Int(axes[index]), rank: sizes.count)
      let (size, step) = (Int64(sizes[axis]), steps[index])
      guard step != 0, (-1 << 20...1 << 20).contains(step) else {
        throw ONNXRefusal("a slice with step \(step)")
      }
      guard step < 0 else {
        let range = ConstantFolding.range(starts[index], ends[index], size: sizes[axis])
        result.append((axis, range, Int(step)))
        continue
      }
      // Backwards, from the start down to before the end.
      func place(_ value: Int64) -> Int64 {
        min(max(value < 0 ? max(value, -size - 1) + size : value, -1), size - 1)
      }
      let (first, last) = (place(starts[index]), place(ends[index]))
      result.append((axis, Int(min(last, first) + 1)..<Int(first + 1), Int(step)))
    }
    return result
  }
}
