/// Owned zero-filled memory for optimiser state and copies of weights.
// @unchecked: it owns its memory, and its users are single-threaded.
final class FloatBuffer: @unchecked Sendable {
  let values: UnsafeMutableBufferPointer<Float>

  init(count: Int) {
    values = .allocate(capacity: count)
    values.initialize(repeating: 0)
  }

  convenience init(copying source: UnsafeMutableBufferPointer<Float>) {
    self.init(count: source.count)
    copy(from: source)
  }

  func copy(from source: UnsafeMutableBufferPointer<Float>) {
    precondition(source.count == values.count, "buffers must have the same length")
    _ = values.update(fromContentsOf: source)
  }

  func copy(to destination: UnsafeMutableBufferPointer<Float>) {
    precondition(destination.count == values.count, "buffers must have the same length")
    _ = destination.update(fromContentsOf: values)
  }

  deinit { values.deallocate() }
}
