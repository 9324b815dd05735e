import ClipSampling
import Glibc
import Tensors

/// The random decisions for one clip in one epoch, the same for all its frames.
struct ClipDraw {
  /// Indices into the source stack, ascending, `preprocessing.frames` of them.
  var frames: [Int]
  /// Centre of the window in source pixels (pixel centres at .5).
  var centreX: Float
  var centreY: Float
  /// Sides of the window in source pixels.
  var width: Float
  var height: Float
  /// Radians.
  var angle: Float
  var isFlipped: Bool
  var gain: [Float]
  var offset: Float
  var gamma: Float
  /// Box set to zero in every frame, in output pixels.
  var erased: (x: Range<Int>, y: Range<Int>)?

  /// Draws in a fixed order, so that a setting that is off does not disturb the others' numbers.
  init(
    settings: AugmentationSettings, preprocessing: Preprocessing, sourceCount: Int,
    sourceWidth: Int, sourceHeight: Int, random: inout RandomStream
  ) {
    frames = ClipDraw.frames(
      settings: settings, preprocessing: preprocessing, sourceCount: sourceCount, random: &random)

    let sourceX = Float(sourceWidth)
    let sourceY = Float(sourceHeight)
    let room = min(sourceX / Float(preprocessing.width), sourceY / Float(preprocessing.height))
    let largest = max(settings.smallestScale, min(settings.largestScale, room))
    let scale = random.uniform(settings.smallestScale, largest)
    let stretch = expf(random.uniform(-1, 1) * settings.aspect * 0.5)
    width = min(sourceX, Float(preprocessing.width) * scale * stretch)
    height = min(sourceY, Float(preprocessing.height) * scale / stretch)
    centreX = width / 2 + random.uniform() * (sourceX - width)
    centreY = height / 2 + random.uniform() * (sourceY - height)
    angle = random.uniform(-1, 1) * settings.rotation * .pi / 180
    let flipDraw = random.uniform()
    isFlipped = settings.flip && flipDraw < 0.5

    let common = 1 + random.uniform(-1, 1) * settings.contrast
    offset = random.uniform(-1, 1) * settings.brightness
    gamma = expf(random.uniform(-1, 1) * settings.gamma)
    gain = (0..<3).map { _ in common * (1 + random.uniform(-1, 1) * settings.tint) }
    if preprocessing.colorChannels == 1 { gain = [common] }

    let eraseDraw = random.uniform()
    let side = random.uniform(0.2, 0.5)
    let slim = expf(random.uniform(-0.5, 0.5))
    let left = random.uniform()
    let top = random.uniform()
    if eraseDraw < settings.erasing {
      let boxWidth = max(
        1, min(preprocessing.width, Int(clamping: Float(preprocessing.width) * side * slim)))
      let boxHeight = max(
        1, min(preprocessing.height, Int(clamping: Float(preprocessing.height) * side / slim)))
      let x = Int(clamping: left * Float(preprocessing.width - boxWidth + 1))
      let y = Int(clamping: top * Float(preprocessing.height - boxHeight + 1))
      erased = (x..<x + boxWidth, y..<y + boxHeight)
    } else {
      erased = nil
    }
  }

  /// A span of the source, then one frame in each of its equal parts.
  private static func frames(
    settings: AugmentationSettings, preprocessing: Preprocessing, sourceCount: Int,
    random: inout RandomStream
  ) -> [Int] {
    let wanted = preprocessing.frames
    let whole = Float(sourceCount)
    let base: Float
    switch preprocessing.choice {
    case .uniform: base = whole
    // The source runs on past what is shown, at the wanted rate.
    case .rate, .stride: base = min(whole, Float(wanted))
    }
    let span = base * random.uniform(settings.shortestSpan, 1)
    let slack = random.uniform()
    let start: Float
    switch preprocessing.choice {
    case .uniform: start = slack * (whole - span)
    case .rate, .stride:
      start = settings.level == .none ? (whole - span) / 2 : slack * (whole - span)
    }
    return (0..<wanted).map { index in
      let inside = random.uniform()
      let position =
        start + (Float(index) + (settings.frameJitter ? inside : 0.5)) / Float(wanted) * span
      return min(sourceCount - 1, max(0, Int(clamping: position)))
    }
  }
}
