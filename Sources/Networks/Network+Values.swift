// A network's numbers, safe to read and to change.
extension Network {
  /// Trainable values.
  public var parameterCount: Int { parameters.count }

  /// Calls `body` with all trainable values, which lie as `entries` say.
  public func withParameters<Result, Failure: Error>(
    _ body: (Span<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeBufferPointer(parameters).span)
  }

  /// Calls `body` with all trainable values, to change them. Executors have to be told afterwards
  /// (`Executor.parametersChanged()`).
  public func withMutableParameters<Result, Failure: Error>(
    _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var values = parameters.mutableSpan
    return try body(&values)
  }

  /// Calls `body` with the gradients of all trainable values, which the last
  /// `Executor.backward(count:)` has written; they lie as `entries` say.
  public func withGradients<Result, Failure: Error>(
    _ body: (Span<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeBufferPointer(gradients).span)
  }

  /// Calls `body` with the gradients of all trainable values, to change them before an optimiser's
  /// step.
  public func withMutableGradients<Result, Failure: Error>(
    _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var values = gradients.mutableSpan
    return try body(&values)
  }

  /// Calls `body` with the running statistics, which lie as `bufferEntries` say.
  public func withBuffers<Result, Failure: Error>(
    _ body: (Span<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeBufferPointer(buffers).span)
  }

  /// Calls `body` with the running statistics, to change them. Executors have to be told afterwards
  /// (`Executor.parametersChanged()`).
  public func withMutableBuffers<Result, Failure: Error>(
    _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var values = buffers.mutableSpan
    return try body(&values)
  }

  /// A copy of one tensor's values, in PyTorch's layout.
  ///
  /// - Parameter entry: one of this network's `entries` or `bufferEntries`.
  public func values(of entry: Entry) -> [Float] {
    Array((entry.role == .statistics ? buffers : parameters)[entry.range])
  }
}
