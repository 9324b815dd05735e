import ClipSampling
import Datasets
import VideoDecoding

/// How many views of a clip are scored and averaged: `temporal` frame choices times `spatial` crops.
public struct EvaluationViews: Sendable, Hashable, CustomStringConvertible {
  /// Frame stacks from different moments.
  public let temporal: Int
  /// 1: the centre; 3: centre and both ends of the longer slack between resize size and size.
  public let spatial: Int

  /// The clip's centre at its own moments: what labelling sees.
  public static let one = EvaluationViews(temporal: 1, spatial: 1)

  /// - Precondition: `temporal` from 1 to 100, `spatial` 1 or 3.
  public init(temporal: Int, spatial: Int) {
    precondition((1...100).contains(temporal) && (spatial == 1 || spatial == 3))
    self.temporal = temporal
    self.spatial = spatial
  }

  /// Reads `4` or `10x3`; nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count <= 2, let temporal = parts[0], (1...100).contains(temporal) else {
      return nil
    }
    let spatial = parts.count == 2 ? parts[1] : 1
    guard let spatial, spatial == 1 || spatial == 3 else { return nil }
    self.init(temporal: temporal, spatial: spatial)
  }

  /// Views of each clip in all.
  public var count: Int { temporal * spatial }

  public var description: String { spatial == 1 ? "\(temporal)" : "\(temporal)x\(spatial)" }

  /// What to decode so that all views can be cut from it.
  func sourcePreprocessing(_ preprocessing: Preprocessing) -> Preprocessing {
    var source = preprocessing
    source.frames *= temporal
    return source
  }

  /// The part of a source stack that is view `number`: exactly the model's frames and size.
  func cut(
    _ number: Int, from source: FrameStack, preprocessing: Preprocessing
  ) -> FrameStack {
    let frames = frames(number / spatial, count: source.count, preprocessing: preprocessing)
    let (left, top) = corner(number % spatial, of: source, preprocessing: preprocessing)
    let rowBytes = preprocessing.width * source.channels
    var pixels: [UInt8] = []
    pixels.reserveCapacity(frames.count * preprocessing.height * rowBytes)
    for frame in frames {
      for row in 0..<preprocessing.height {
        let start =
          frame * source.frameSize + ((top + row) * source.width + left) * source.channels
        pixels += source.pixels[start..<start + rowBytes]
      }
    }
    return FrameStack(
      count: frames.count, height: preprocessing.height, width: preprocessing.width,
      channels: source.channels, pixels: pixels, times: frames.map { source.times[$0] })
  }

  /// Positions in a source stack of `count` frames.
  ///
  /// Uniform choice: the same parts of the clip, another moment of each. Rate and stride: the same
  /// length of time, begun at another moment.
  func frames(_ view: Int, count: Int, preprocessing: Preprocessing) -> [Int] {
    let wanted = preprocessing.frames
    switch preprocessing.choice {
    case .uniform:
      return (0..<wanted).map { part in
        let position =
          Double(count) * (Double(part) + (Double(view) + 0.5) / Double(temporal))
          / Double(wanted)
        return min(count - 1, Int(clamping: position))
      }
    case .rate, .stride:
      let span = min(count, wanted)
      let slack = count - span
      let start =
        temporal == 1 ? slack / 2 : (2 * view * slack + temporal - 1) / (2 * (temporal - 1))
      return (0..<wanted).map { start + (2 * $0 + 1) * span / (2 * wanted) }
    }
  }

  private func corner(
    _ crop: Int, of source: FrameStack, preprocessing: Preprocessing
  ) -> (left: Int, top: Int) {
    let slackX = source.width - preprocessing.width
    let slackY = source.height - preprocessing.height
    if spatial == 1 { return (slackX / 2, slackY / 2) }
    return slackX >= slackY ? (crop * slackX / 2, slackY / 2) : (slackX / 2, crop * slackY / 2)
  }
}

/// Gives one view of each clip as if it were the clip.
final class ViewSource: ClipSource {
  private let base: any ClipSource
  private let views: EvaluationViews
  private let number: Int
  private let preprocessing: Preprocessing

  init(
    _ base: any ClipSource, views: EvaluationViews, number: Int, preprocessing: Preprocessing
  ) {
    self.base = base
    self.views = views
    self.number = number
    self.preprocessing = preprocessing
  }

  func stack(for clip: Clip) throws -> FrameStack {
    views.cut(number, from: try base.stack(for: clip), preprocessing: preprocessing)
  }
}
