// What goes into an executor and comes out of it, safe to read and to change.
extension Executor {
  /// Calls `body` with the input `[batch, frames, height, width, channels]`, to be filled before
  /// every `forward(count:dropout:)`, which may then use the memory for other things.
  public func withMutableInput<Result, Failure: Error>(
    _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var values = input.mutableSpan
    return try body(&values)
  }

  /// Fills the input of one clip.
  ///
  /// - Parameter stack: `[frames, height, width, channels]`.
  public func setInput(_ stack: [Float], at position: Int) {
    let size = network.architecture.input.count
    precondition((0..<batch).contains(position), "clip \(position) in a batch of \(batch)")
    precondition(
      stack.count == size, "\(stack.count) values for \(network.architecture.input)")
    let place = UnsafeMutableBufferPointer(rebasing: input[position * size..<(position + 1) * size])
    _ = place.update(fromContentsOf: stack)
  }

  /// Calls `body` with the logits `[batch, classes]` that the last `forward(count:dropout:)` has
  /// written.
  public func withLogits<Result, Failure: Error>(
    _ body: (Span<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeBufferPointer(logits).span)
  }

  /// Calls `body` with the logits and the loss's derivative by them, both `[batch, classes]`: the
  /// latter is to be filled between `forward(count:dropout:)` and `backward(count:)`.
  public func withMutableLogitsGradient<Result, Failure: Error>(
    _ body: (_ logits: Span<Float>, _ gradient: inout MutableSpan<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var gradient = logitsGradient.mutableSpan
    return try body(UnsafeBufferPointer(logits).span, &gradient)
  }

  /// The class with the highest logit, of each of the first `count` clips; the first of equals.
  public func predictedClasses(count: Int) -> [Int] {
    precondition((0...batch).contains(count), "\(count) clips in a batch of \(batch)")
    let classes = network.architecture.classes
    let logits = logits
    return (0..<count).map { clip in
      let row = clip * classes
      var best = 0
      for index in 1..<classes where logits[row + index] > logits[row + best] { best = index }
      return best
    }
  }
}
