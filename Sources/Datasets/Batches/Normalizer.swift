import ClipSampling
import Glibc

/// Levels (0…topLevel) to normalised values, by a table a channel; colours and gamma of a draw are
/// folded into the tables.
struct Normalizer {
  private let preprocessing: Preprocessing
  private let draw: ClipDraw?
  private let topLevel: Int

  init(preprocessing: Preprocessing, draw: ClipDraw?, topLevel: Int) {
    self.preprocessing = preprocessing
    self.draw = draw
    self.topLevel = topLevel
  }

  /// `levels` are `[frames, height, width, colours]`, `output` `[frames, height, width, channels]`.
  func write(_ levels: UnsafeBufferPointer<UInt16>, into output: UnsafeMutableBufferPointer<Float>)
  {
    let colors = preprocessing.colorChannels
    let size = topLevel + 1
    withUnsafeTemporaryAllocation(of: Float.self, capacity: size * colors) { tables in
      fill(tables, levels: levels)
      guard let table = tables.baseAddress, let from = levels.baseAddress,
        let to = output.baseAddress
      else { return }
      switch (preprocessing.motion, colors) {
      case (.none, 1):
        for index in 0..<levels.count { to[index] = table[Int(from[index])] }
      case (.none, _):
        var index = 0
        while index < levels.count {
          to[index] = table[Int(from[index])]
          to[index + 1] = table[size + Int(from[index + 1])]
          to[index + 2] = table[2 * size + Int(from[index + 2])]
          index += 3
        }
      case (.difference, _):
        writeWithDifferences(from, table: table, into: to)
      }
    }
  }

  private func writeWithDifferences(
    _ from: UnsafePointer<UInt16>, table: UnsafePointer<Float>, into to: UnsafeMutablePointer<Float>
  ) {
    let colors = preprocessing.colorChannels
    let size = topLevel + 1
    let plane = preprocessing.height * preprocessing.width
    for frame in 0..<preprocessing.frames {
      for pixel in 0..<plane {
        let source = (frame * plane + pixel) * colors
        for color in 0..<colors {
          let value = table[color * size + Int(from[source + color])]
          to[2 * source + color] = value
          to[2 * source + colors + color] =
            frame == 0
            ? 0 : value - table[color * size + Int(from[source - plane * colors + color])]
        }
      }
    }
  }

  /// Each level's value, for each colour channel.
  private func fill(
    _ tables: UnsafeMutableBufferPointer<Float>, levels: UnsafeBufferPointer<UInt16>
  ) {
    let size = topLevel + 1
    let gamma = draw?.gamma ?? 1
    let unit = (0..<size).map { level -> Float in
      let value = Float(level) / Float(topLevel)
      return gamma == 1 ? value : powf(value, gamma)
    }
    let gains = draw?.gain ?? []
    let offset = draw?.offset ?? 0
    let moments = Normalizer.moments(levels, unit: unit, of: preprocessing.normalization)
    for color in 0..<preprocessing.colorChannels {
      let gain = color < gains.count ? gains[color] : 1
      for level in 0..<size {
        let value: Float
        switch preprocessing.normalization {
        case .perClip:
          value = (unit[level] - moments.mean) / moments.deviation * gain + offset
        case .fixed(let mean, let std):
          let varied =
            draw == nil ? unit[level] : (unit[level] - 0.5) * gain + 0.5 + offset / 4
          value = (varied - mean[color % mean.count]) / std[color % std.count]
        }
        tables[color * size + level] = value
      }
    }
  }

  /// Mean and standard deviation over the whole clip, from a histogram: exact for any order of
  /// pixels, and gamma costs nothing more.
  private static func moments(
    _ levels: UnsafeBufferPointer<UInt16>, unit: [Float],
    of normalization: Preprocessing.Normalization
  ) -> (mean: Float, deviation: Float) {
    guard case .perClip = normalization else { return (0, 1) }
    return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 4 * unit.count) { histogram in
      histogram.initialize(repeating: 0)
      // Four tables in turn: neighbours are often equal, and one counter would wait for itself.
      let size = unit.count
      var index = 0
      while index + 4 <= levels.count {
        histogram[Int(levels[index])] &+= 1
        histogram[size + Int(levels[index + 1])] &+= 1
        histogram[2 * size + Int(levels[index + 2])] &+= 1
        histogram[3 * size + Int(levels[index + 3])] &+= 1
        index += 4
      }
      while index < levels.count {
        histogram[Int(levels[index])] &+= 1
        index += 1
      }
      var sum = 0.0
      var squares = 0.0
      for level in 0..<size {
        let count = Double(
          histogram[level] &+ histogram[size + level] &+ histogram[2 * size + level]
            &+ histogram[3 * size + level])
        let value = Double(unit[level])
        sum += count * value
        squares += count * value * value
      }
      let total = Double(max(1, levels.count))
      let mean = sum / total
      let variance = max(0, squares / total - mean * mean)
      return (Float(mean), Float(max(variance.squareRoot(), 1.0 / 255)))
    }
  }
}
