import ClipSampling
import Tensors
import Testing
import VideoDecoding

@testable import Datasets

/// A stack whose pixel values are a function of (frame, row, column, channel).
func makeStack(
  count: Int, height: Int, width: Int, channels: Int,
  _ value: (Int, Int, Int, Int) -> UInt8
) -> FrameStack {
  var pixels: [UInt8] = []
  for frame in 0..<count {
    for row in 0..<height {
      for column in 0..<width {
        for channel in 0..<channels { pixels.append(value(frame, row, column, channel)) }
      }
    }
  }
  return FrameStack(
    count: count, height: height, width: width, channels: channels, pixels: pixels,
    times: (0..<count).map { Double($0) / 25 })
}

func noiseStack(count: Int, height: Int, width: Int, channels: Int, seed: UInt64 = 1) -> FrameStack
{
  var random = RandomStream(seed: seed, purpose: .test)
  return makeStack(count: count, height: height, width: width, channels: channels) { _, _, _, _ in
    UInt8(truncatingIfNeeded: random.next())
  }
}

func evaluate(
  _ stack: FrameStack, _ preprocessing: Preprocessing, _ variant: FrameVariant = .normal
) -> [Float] {
  var output = [Float](repeating: .nan, count: InputBuilder.inputCount(preprocessing))
  output.withUnsafeMutableBufferPointer {
    InputBuilder.build(stack: stack, preprocessing: preprocessing, variant: variant, into: $0)
  }
  return output
}

func augment(
  _ stack: FrameStack, _ preprocessing: Preprocessing, _ settings: AugmentationSettings,
  seed: UInt64
) -> [Float] {
  var random = RandomStream(seed: seed, purpose: .augmentation)
  var output = [Float](repeating: .nan, count: InputBuilder.inputCount(preprocessing))
  output.withUnsafeMutableBufferPointer {
    InputBuilder.build(
      stack: stack, preprocessing: preprocessing, augmentation: settings, random: &random, into: $0)
  }
  return output
}

struct EvaluationInputTests {
  static let identity = Preprocessing.Normalization.fixed(mean: [0], std: [1])

  @Test func framesAreTheMiddlesOfEqualParts() {
    let preprocessing = Preprocessing(frames: 4)
    #expect(InputBuilder.evaluationFrames(count: 4, preprocessing: preprocessing) == [0, 1, 2, 3])
    #expect(InputBuilder.evaluationFrames(count: 7, preprocessing: preprocessing) == [0, 2, 4, 6])
    #expect(InputBuilder.evaluationFrames(count: 2, preprocessing: preprocessing) == [0, 0, 1, 1])
    #expect(
      InputBuilder.evaluationFrames(count: 100, preprocessing: preprocessing) == [12, 37, 62, 87])
  }

  /// What evaluation shows from the cached stack is what it would pick from the whole clip.
  @Test(arguments: [1, 2, 3, 4, 5, 7, 15, 16, 17, 30, 31, 32, 33, 100, 731], [1, 4, 16])
  func sourceStackHoldsTheEvaluationFrames(total: Int, frames: Int) {
    let times = (0..<total).map { Double($0) / 25 }
    let end = Double(total) / 25
    for choice in [
      Preprocessing.FrameChoice.uniform, .stride(1), .stride(3), .rate(framesPerSecond: 10),
      .rate(framesPerSecond: 25),
    ] {
      let preprocessing = Preprocessing(frames: frames, choice: choice)
      let dense = SourceFrames.indices(times: times, end: end, preprocessing: preprocessing)
      let sparse = SourceFrames.indices(
        times: times, end: end, preprocessing: preprocessing, isDense: false)
      #expect(dense.count <= SourceFrames.limit(preprocessing))
      #expect(dense == dense.sorted())
      let shown = InputBuilder.evaluationFrames(count: dense.count, preprocessing: preprocessing)
        .map { dense[$0] }
      let direct = InputBuilder.evaluationFrames(count: sparse.count, preprocessing: preprocessing)
        .map { sparse[$0] }
      #expect(shown == direct, "\(choice) of \(total)")
      if choice == .uniform {
        #expect(shown == (0..<frames).map { (2 * $0 + 1) * total / (2 * frames) })
      }
    }
  }

  @Test func cropsTheCentreExactly() {
    let stack = makeStack(count: 2, height: 6, width: 8, channels: 1) { f, y, x, _ in
      UInt8(100 * f + 10 * y + x)
    }
    let preprocessing = Preprocessing(
      frames: 2, height: 2, width: 4, resizeHeight: 6, resizeWidth: 8, color: .gray,
      normalization: Self.identity)
    let expected: [Float] = [
      22, 23, 24, 25, 32, 33, 34, 35, 122, 123, 124, 125, 132, 133, 134, 135,
    ]
    #expect(evaluate(stack, preprocessing) == expected.map { $0 / 255 })
  }

  @Test func fixedNormalisationIsPerChannel() {
    let stack = makeStack(count: 1, height: 1, width: 1, channels: 3) { _, _, _, c in
      [51, 102, 153][c]
    }
    let preprocessing = Preprocessing(
      frames: 1, height: 1, width: 1, color: .rgb,
      normalization: .fixed(mean: [0.1, 0.2, 0.3], std: [0.5, 1, 2]))
    let values = evaluate(stack, preprocessing)
    for (value, expected) in zip(values, [0.2, 0.2, 0.15] as [Float]) {
      #expect(abs(value - expected) < 1e-6)
    }
  }

  @Test(arguments: [Preprocessing.Color.gray, .rgb], [Preprocessing.Motion.none, .difference])
  func perClipNormalisation(color: Preprocessing.Color, motion: Preprocessing.Motion) {
    let preprocessing = Preprocessing(
      frames: 3, height: 5, width: 7, color: color, motion: motion)
    let colors = preprocessing.colorChannels
    let stack = noiseStack(count: 3, height: 5, width: 7, channels: colors)
    let values = evaluate(stack, preprocessing)
    let pixels = stack.pixels.map { Double($0) / 255 }
    let mean = pixels.reduce(0, +) / Double(pixels.count)
    let deviation =
      (pixels.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(pixels.count)).squareRoot()
    let plane = 5 * 7
    for pixel in 0..<3 * plane {
      for c in 0..<colors {
        let here = Float((pixels[pixel * colors + c] - mean) / deviation)
        #expect(abs(values[pixel * preprocessing.channels + c] - here) < 1e-5)
        guard motion == .difference else { continue }
        let before =
          pixel < plane ? here : Float((pixels[(pixel - plane) * colors + c] - mean) / deviation)
        let difference = values[pixel * preprocessing.channels + colors + c]
        #expect(abs(difference - (here - before)) < 1e-5)
      }
    }
  }

  @Test func aBlackClipIsFinite() {
    let stack = makeStack(count: 2, height: 4, width: 4, channels: 1) { _, _, _, _ in 0 }
    let preprocessing = Preprocessing(frames: 2, height: 4, width: 4, color: .gray)
    #expect(evaluate(stack, preprocessing).allSatisfy { $0 == 0 })
  }

  @Test func baselines() {
    let stack = makeStack(count: 5, height: 1, width: 1, channels: 1) { f, _, _, _ in UInt8(f) }
    let preprocessing = Preprocessing(
      frames: 5, height: 1, width: 1, color: .gray,
      normalization: .fixed(mean: [0], std: [1.0 / 255]))
    func whole(_ variant: FrameVariant) -> [Int] {
      evaluate(stack, preprocessing, variant).map { Int($0.rounded()) }
    }
    #expect(whole(.normal) == [0, 1, 2, 3, 4])
    #expect(whole(.singleFrame) == [2, 2, 2, 2, 2])
    let orders = (0..<20 as Range<UInt64>).map { whole(.shuffled(seed: 1, identity: $0)) }
    #expect(orders.allSatisfy { $0.sorted() == [0, 1, 2, 3, 4] })
    #expect(Set(orders).count > 10)
    #expect(whole(.shuffled(seed: 1, identity: 3)) == orders[3])
  }
}

struct AugmentationTests {
  static let preprocessing = Preprocessing(
    frames: 8, height: 16, width: 16, resizeHeight: 18, resizeWidth: 18, color: .gray)

  @Test(arguments: AugmentationSettings.Level.allCases, [Preprocessing.Color.gray, .rgb])
  func repeatableFiniteAndNormalised(
    level: AugmentationSettings.Level, color: Preprocessing.Color
  ) {
    var preprocessing = Self.preprocessing
    preprocessing.color = color
    preprocessing.motion = .difference
    let stack = noiseStack(count: 15, height: 18, width: 18, channels: preprocessing.colorChannels)
    let settings = AugmentationSettings(level: level, flip: true)
    let one = augment(stack, preprocessing, settings, seed: 3)
    #expect(one == augment(stack, preprocessing, settings, seed: 3))
    #expect(one.allSatisfy { $0.isFinite && abs($0) < 12 })
    let other = augment(stack, preprocessing, settings, seed: 4)
    #expect((one == other) == (level == .none))
  }

  @Test func noneIsTheEvaluationPath() {
    let stack = noiseStack(count: 15, height: 18, width: 18, channels: 1)
    let settings = AugmentationSettings(level: .none, flip: true)
    #expect(
      augment(stack, Self.preprocessing, settings, seed: 1) == evaluate(stack, Self.preprocessing))
  }

  /// Everything off but the machinery: the warp must then copy the centre crop.
  @Test func aPlainWarpIsTheCentreCrop() {
    let stack = noiseStack(count: 8, height: 16, width: 16, channels: 1)
    let preprocessing = Preprocessing(frames: 8, height: 16, width: 16, color: .gray)
    var settings = AugmentationSettings(level: .none, flip: false)
    settings.level = .light
    let values = augment(stack, preprocessing, settings, seed: 9)
    for (a, b) in zip(values, evaluate(stack, preprocessing)) { #expect(abs(a - b) < 1e-5) }
    settings.flip = true
    let flips = (0..<20 as Range<UInt64>).map { seed -> Bool in
      let values = augment(stack, preprocessing, settings, seed: seed)
      let plain = evaluate(stack, preprocessing)
      let mirrored = (0..<values.count).allSatisfy { index in
        abs(values[index] - plain[index / 16 * 16 + 15 - index % 16]) < 1e-5
      }
      #expect(mirrored || zip(values, plain).allSatisfy { abs($0 - $1) < 1e-5 })
      return mirrored
    }
    #expect(Set(flips) == [true, false])
  }

  @Test func framesStayInOrderAndVary() {
    let settings = AugmentationSettings(level: .standard, flip: false)
    var seen = Set<[Int]>()
    for seed in 0..<50 as Range<UInt64> {
      var random = RandomStream(seed: seed, purpose: .augmentation)
      for choice in [Preprocessing.FrameChoice.uniform, .stride(2)] {
        let draw = ClipDraw(
          settings: settings,
          preprocessing: Preprocessing(frames: 8, height: 16, width: 16, choice: choice),
          sourceCount: 15, sourceWidth: 18, sourceHeight: 18, random: &random)
        #expect(draw.frames == draw.frames.sorted())
        #expect(draw.frames.allSatisfy { (0..<15).contains($0) })
        if choice == .uniform { #expect(draw.frames[7] - draw.frames[0] >= 8) }
        seen.insert(draw.frames)
        #expect(draw.centreX - draw.width / 2 >= -1e-3 && draw.centreX + draw.width / 2 <= 18.001)
        #expect(draw.centreY - draw.height / 2 >= -1e-3 && draw.centreY + draw.height / 2 <= 18.001)
      }
    }
    #expect(seen.count > 50)
  }

  /// The same draws for all frames: a still clip stays still.
  @Test func aStillClipStaysStill() {
    let frame = noiseStack(count: 1, height: 18, width: 18, channels: 1)
    let stack = makeStack(count: 15, height: 18, width: 18, channels: 1) { _, y, x, _ in
      frame.pixels[y * 18 + x]
    }
    let settings = AugmentationSettings(level: .strong, flip: true)
    for seed in 0..<10 as Range<UInt64> {
      let values = augment(stack, Self.preprocessing, settings, seed: seed)
      for index in 256..<values.count { #expect(values[index] == values[index % 256]) }
    }
  }

  @Test func oddSizes() {
    for (width, height) in [(1, 1), (1, 5), (5, 1), (3, 7)] {
      let stack = noiseStack(count: 3, height: height, width: width, channels: 3)
      let preprocessing = Preprocessing(frames: 4, height: height, width: width)
      let values = augment(
        stack, preprocessing, AugmentationSettings(level: .strong, flip: true), seed: 2)
      #expect(values.allSatisfy { $0.isFinite })
    }
  }
}
