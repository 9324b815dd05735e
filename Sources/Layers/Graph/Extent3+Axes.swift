extension Extent3 {
  /// Depth, height and width, for rules that are the same along each.
  package static let axes: [WritableKeyPath<Extent3, Int> & Sendable] = [
    \.depth, \.height, \.width,
  ]

  /// One number along time, two for height and width, or all three, as architecture files write
  /// them; a single number stands for the same along each axis.
  package init<Key: CodingKey>(
    axes: Int, otherwise: Int, _ values: KeyedDecodingContainer<Key>, _ key: Key
  ) throws {
    let names = axes == 1 ? "time" : axes == 2 ? "height, width" : "depth, height, width"
    var numbers: [Int]
    if let number = try? values.decode(Int.self, forKey: key) {
      numbers = [Int](repeating: number, count: axes)
    } else if (try? values.nestedUnkeyedContainer(forKey: key)) != nil {
      numbers = try values.decode([Int].self, forKey: key)
    } else {
      throw DecodingError.dataCorruptedError(
        forKey: key, in: values, debugDescription: "must be a whole number or [\(names)]")
    }
    guard numbers.count == axes else {
      throw DecodingError.dataCorruptedError(
        forKey: key, in: values,
        debugDescription: "expected [\(names)], found \(numbers.count) numbers")
    }
    if axes == 1 { numbers += [otherwise, otherwise] }
    if axes == 2 { numbers.insert(otherwise, at: 0) }
    self.init(numbers[0], numbers[1], numbers[2])
  }

  package func encode<Key: CodingKey>(
    axes: Int, into values: inout KeyedEncodingContainer<Key>, _ key: Key
  ) throws {
    let numbers = axes == 1 ? [depth] : axes == 2 ? [height, width] : [depth, height, width]
    try values.encode(numbers, forKey: key)
  }
}
