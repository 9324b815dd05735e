import ClipSampling
import Tensors
import VideoDecoding

/// Which frames of a clip the network is shown: all in order, or a baseline's.
public enum FrameVariant: Sendable, Hashable {
  /// All frames in their order.
  case normal
  /// The middle frame repeated: what a still picture gives away.
  case singleFrame
  /// The same frames in a random order, keyed by the seed and the clip's identity.
  case shuffled(seed: UInt64, identity: UInt64)
}

/// Turns a source stack into the network's input: frames chosen, cropped, normalised.
///
/// The input is `[frames, height, width, channels]`, `Float`. A pixel `v` (0…255) becomes
/// `(v / 255 - mean) / std`; with per-clip normalisation mean and std are those of all the chosen,
/// cropped pixels of the clip, std at least 1/255. With motion, `x[t] - x[t - 1]` of each colour
/// channel follows the colours (0 at the first frame).
public enum InputBuilder {
  /// Values of one input.
  public static func inputCount(_ preprocessing: Preprocessing) -> Int {
    preprocessing.frames * preprocessing.height * preprocessing.width * preprocessing.channels
  }

  /// Indices into a stack of `count` frames that evaluation shows.
  ///
  /// Uniform choice takes the middles of equal parts; rate and stride take the frames in the
  /// centre, for the stack is already at that rate. Frames repeat where there are too few.
  public static func evaluationFrames(count: Int, preprocessing: Preprocessing) -> [Int] {
    precondition(count > 0, "a stack has at least one frame")
    let wanted = preprocessing.frames
    let start: Int
    let span: Int
    switch preprocessing.choice {
    case .uniform: (start, span) = (0, count)
    case .rate, .stride:
      span = min(count, wanted)
      start = (count - span) / 2
    }
    return FramePicker.uniform(count: wanted, of: span).map { $0 + start }
  }

  /// Evaluation: centre crop, even frames, nothing random.
  ///
  /// - Parameters:
  ///   - stack: at the preprocessing's resize size, 1 or 3 channels as its colour says.
  ///   - output: `inputCount(preprocessing)` values or more, all of those are written.
  public static func build(
    stack: FrameStack, preprocessing: Preprocessing, variant: FrameVariant = .normal,
    into output: inout MutableSpan<Float>
  ) {
    output.withUnsafeMutableBufferPointer {
      build(stack: stack, preprocessing: preprocessing, variant: variant, into: $0)
    }
  }

  /// Training: one set of draws for the clip, then the same frames, window and colours throughout.
  ///
  /// - Parameters:
  ///   - random: keyed by (seed, epoch, clip); always advanced by the same number of draws.
  ///   - output: `inputCount(preprocessing)` values or more, all of those are written.
  public static func build(
    stack: FrameStack, preprocessing: Preprocessing, augmentation: AugmentationSettings,
    random: inout RandomStream, into output: inout MutableSpan<Float>
  ) {
    output.withUnsafeMutableBufferPointer {
      build(
        stack: stack, preprocessing: preprocessing, augmentation: augmentation, random: &random,
        into: $0)
    }
  }

  /// Evaluation: centre crop, even frames, nothing random.
  ///
  /// - Parameters:
  ///   - stack: at the preprocessing's resize size, 1 or 3 channels as its colour says.
  ///   - output: `inputCount(preprocessing)` values or more, all of those are written.
  package static func build(
    stack: FrameStack, preprocessing: Preprocessing, variant: FrameVariant = .normal,
    into output: UnsafeMutableBufferPointer<Float>
  ) {
    check(stack, preprocessing, output)
    var frames = evaluationFrames(count: stack.count, preprocessing: preprocessing)
    switch variant {
    case .normal: break
    case .singleFrame:
      frames = [Int](repeating: frames[frames.count / 2], count: frames.count)
    case .shuffled(let seed, let identity):
      var random = RandomStream(seed: seed, purpose: .baseline, identity)
      random.shuffle(&frames)
    }
    let left = (stack.width - preprocessing.width) / 2
    let top = (stack.height - preprocessing.height) / 2
    let rowValues = preprocessing.width * stack.channels
    let plane = preprocessing.height * rowValues
    withUnsafeTemporaryAllocation(of: UInt16.self, capacity: frames.count * plane) { levels in
      stack.pixels.withUnsafeBufferPointer { pixels in
        for (position, frame) in frames.enumerated() {
          for row in 0..<preprocessing.height {
            let from =
              frame * stack.frameSize + ((top + row) * stack.width + left) * stack.channels
            let to = position * plane + row * rowValues
            for column in 0..<rowValues { levels[to + column] = UInt16(pixels[from + column]) }
          }
        }
      }
      Normalizer(preprocessing: preprocessing, draw: nil, topLevel: 255)
        .write(UnsafeBufferPointer(levels), into: output)
    }
  }

  /// Training: one set of draws for the clip, then the same frames, window and colours throughout.
  ///
  /// - Parameters:
  ///   - random: keyed by (seed, epoch, clip); always advanced by the same number of draws.
  ///   - output: `inputCount(preprocessing)` values or more, all of those are written.
  package static func build(
    stack: FrameStack, preprocessing: Preprocessing, augmentation: AugmentationSettings,
    random: inout RandomStream, into output: UnsafeMutableBufferPointer<Float>
  ) {
    guard augmentation.level != .none else {
      build(stack: stack, preprocessing: preprocessing, into: output)
      return
    }
    check(stack, preprocessing, output)
    let draw = ClipDraw(
      settings: augmentation, preprocessing: preprocessing, sourceCount: stack.count,
      sourceWidth: stack.width, sourceHeight: stack.height, random: &random)
    let count =
      preprocessing.frames * preprocessing.height * preprocessing.width * stack.channels
    withUnsafeTemporaryAllocation(of: UInt16.self, capacity: count) { levels in
      Warp.apply(draw, to: stack, preprocessing: preprocessing, into: levels)
      Normalizer(preprocessing: preprocessing, draw: draw, topLevel: Warp.topLevel)
        .write(UnsafeBufferPointer(levels), into: output)
    }
    if let box = draw.erased { erase(box, preprocessing: preprocessing, in: output) }
  }

  private static func check(
    _ stack: FrameStack, _ preprocessing: Preprocessing,
    _ output: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(stack.count > 0, "a stack has at least one frame")
    precondition(
      stack.channels == preprocessing.colorChannels,
      "stack has \(stack.channels) channels, preprocessing wants \(preprocessing.colorChannels)")
    precondition(
      stack.width >= preprocessing.width && stack.height >= preprocessing.height,
      "stack is \(stack.width)x\(stack.height), smaller than the input \(preprocessing.width)x\(preprocessing.height)"
    )
    precondition(output.count >= inputCount(preprocessing), "output buffer is too small")
  }

  private static func erase(
    _ box: (x: Range<Int>, y: Range<Int>), preprocessing: Preprocessing,
    in output: UnsafeMutableBufferPointer<Float>
  ) {
    let channels = preprocessing.channels
    for frame in 0..<preprocessing.frames {
      for row in box.y {
        let start =
          ((frame * preprocessing.height + row) * preprocessing.width + box.x.lowerBound)
          * channels
        for position in start..<start + box.x.count * channels { output[position] = 0 }
      }
    }
  }
}
