import VidclassKit

extension Series {
  private static let frameSize = FrameSize(width: 64, height: 64)

  /// The motion energy of a movie: the mean absolute difference of the luma of each frame and the
  /// one before it, 0 to 255, at 64 × 64 pixels. One value fewer than frames.
  ///
  /// - Parameter warn: told what is wrong with a movie that can be used all the same.
  init(movie path: String, warn: (String) -> Void) throws {
    let reader = try ClipReader(path: path)
    var values: [Double] = []
    var previous: [UInt8] = []
    var damaged = 0
    let summary = try reader.forEachFrame(size: Series.frameSize, layout: .gray) { frame in
      // A damaged picture would show motion that is none.
      if frame.isDamaged {
        damaged += 1
        return true
      }
      frame.withPixels { pixels in
        if previous.count == pixels.count {
          var sum = 0
          for index in pixels.indices { sum += abs(Int(pixels[index]) - Int(previous[index])) }
          values.append(Double(sum) / Double(previous.count))
        }
        previous = pixels.indices.map { pixels[$0] }
      }
      return values.count <= Series.mostValues
    }
    guard values.count <= Series.mostValues else {
      throw SeriesError(path, "has more than \(Series.mostValues) frames; cut the movie")
    }
    for warning in summary.warnings { warn(warning) }
    if damaged > 0 { warn("\(damaged) damaged frames left out") }
    if summary.isPartial { warn("breaks off before its end") }
    self.init(path: path, name: "motion energy", values: values)
  }
}
