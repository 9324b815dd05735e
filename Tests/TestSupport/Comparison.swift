import Tensors

/// `‖a − b‖ / ‖b‖`: the scale of a whole tensor decides, not that of each value.
public func relativeError(_ values: [Float], _ expected: [Float]) -> Double {
  precondition(values.count == expected.count, "\(values.count) values, not \(expected.count)")
  var difference = 0.0
  var size = 0.0
  for (value, reference) in zip(values, expected) {
    difference += (Double(value) - Double(reference)) * (Double(value) - Double(reference))
    size += Double(reference) * Double(reference)
  }
  if size == 0 { return difference.squareRoot() }
  return (difference / size).squareRoot()
}

/// Values around zero from a keyed stream.
public func randomValues(_ count: Int, seed: UInt64, scale: Float = 1) -> [Float] {
  var random = RandomStream(seed: seed, purpose: .test, UInt64(count))
  return (0..<count).map { _ in random.uniform(-scale, scale) }
}
