/// All clips and the movie: what there is, before anything is drawn.
struct Catalogue {
  /// One clip to be made.
  struct Entry {
    /// Relative to the data set: `left/scene07_left_02.mp4`.
    let path: String
    let motion: MotionClass
    let take: Take
  }

  /// One part of the movie.
  struct Segment {
    let motion: MotionClass
    let take: Take
    /// Seconds from the movie's beginning.
    let start: Double
    let end: Double
  }

  static let takesPerScene = 2

  /// Picture size, codec and frame rates of each scene; each take picks one of the rates.
  private static let settings: [(width: Int, height: Int, codec: Codec, rates: [Double])] = [
    (160, 120, .h264MP4, [25, 30]),
    (128, 128, .h264Matroska, [30, 24]),
    (145, 109, .mpeg4AVI, [15, 25]),
    (131, 105, .vp8WebM, [20, 30]),
    (128, 96, .jpegQuickTime, [12, 10]),
    (160, 112, .hevcMP4, [24, 18]),
    (113, 147, .vp9WebM, [29.97, 20]),
    (192, 128, .h264QuickTime, [10, 23.976]),
    (120, 160, .h264MP4, [30, 15]),
    (96, 96, .vp8WebM, [25, 12]),
    (176, 144, .mpeg4AVI, [12.5, 25]),
    (150, 112, .vp9WebM, [24, 30]),
  ]

  let seed: UInt64

  var scenes: [Scene] {
    Catalogue.settings.enumerated().map { index, setting in
      Scene(
        number: index + 1, seed: seed, width: setting.width, height: setting.height,
        codec: setting.codec)
    }
  }

  /// Every class in every scene, as often as the others.
  var clips: [Entry] {
    scenes.flatMap { scene in
      (0..<Catalogue.takesPerScene).flatMap { number in
        MotionClass.allCases.map { entry(scene: scene, motion: $0, number: number) }
      }
    }
  }

  private func entry(scene: Scene, motion: MotionClass, number: Int) -> Entry {
    let pair = UInt64(MotionClass.allCases.firstIndex(of: motion.forward)!)
    // A clip and its twin are equally long and equally fast.
    var random = SceneRandom(seed, 3, UInt64(scene.number), pair, UInt64(number))
    let take = Take(
      scene: scene, motion: motion, number: number, seed: seed, seconds: random.uniform(1.1, 2.4),
      framesPerSecond: random.pick(Catalogue.settings[scene.number - 1].rates))
    let name = "scene\(twoDigits(scene.number))_\(motion.rawValue)_\(twoDigits(number + 1))"
    return Entry(
      path: "\(motion.rawValue)/\(name).\(scene.codec.fileExtension)", motion: motion, take: take)
  }

  private func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  // MARK: The movie

  static let movieSize = (width: 192, height: 144)
  static let movieFramesPerSecond = 25.0

  /// Scenes that no clip has, cut after one another, each with one motion of 3 to 4 seconds.
  var movie: [Segment] {
    let order: [MotionClass] = [
      .left, .clockwise, .approach, .right, .counterclockwise, .recede, .left, .right,
    ]
    var start = 0.0
    return order.enumerated().map { index, motion in
      let scene = Scene(
        number: 101 + index, seed: seed, width: Catalogue.movieSize.width,
        height: Catalogue.movieSize.height, codec: .h264MP4)
      let seconds = 3.0 + 0.2 * Double((index * 3) % 5)
      let take = Take(
        scene: scene, motion: motion, number: 0, seed: seed, seconds: seconds,
        framesPerSecond: Catalogue.movieFramesPerSecond, reach: 1.7)
      defer { start += seconds }
      return Segment(motion: motion, take: take, start: start, end: start + seconds)
    }
  }
}
