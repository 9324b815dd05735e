import Foundation

/// Frames reduced to 8 × 8 mean brightnesses, and these to 64 bits: what of a picture outlives
/// scaling and re-encoding.
enum FrameHash {
  /// Cells of a reduced picture along each side.
  static let side = 8
  static let cells = side * side
  /// A cell holds its mean brightness (0…255) times this.
  static let unit: Float = 16

  /// Mean brightness of each of 8 × 8 equal parts, times `unit`, row-major.
  ///
  /// - Parameters:
  ///   - pixels: `[height, width, channels]`; three channels are red, green, blue.
  static func reduced(
    _ pixels: UnsafeBufferPointer<UInt8>, width: Int, height: Int, channels: Int
  ) -> [Int16] {
    precondition(pixels.count == width * height * channels)
    var result = [Int16](repeating: 0, count: cells)
    for row in 0..<side {
      let rows = part(row, of: height)
      for column in 0..<side {
        let columns = part(column, of: width)
        var sum = 0
        for y in rows {
          var position = (y * width + columns.lowerBound) * channels
          for _ in columns {
            if channels == 3 {
              // The weights of BT.601, in 256ths.
              sum +=
                77 * Int(pixels[position]) + 150 * Int(pixels[position + 1])
                + 29 * Int(pixels[position + 2])
            } else {
              sum += 256 * Int(pixels[position])
            }
            position += channels
          }
        }
        // 256 / 16 = 16 per pixel; rounded.
        let divisor = 16 * rows.count * columns.count
        // checked: whole numbers, whose mean is 256 × 255 / 16 at most
        result[row * side + column] = Int16((sum + divisor / 2) / divisor)
      }
    }
    return result
  }

  /// Part `index` of eight of a side; never empty, so that tiny pictures repeat pixels.
  private static func part(_ index: Int, of length: Int) -> Range<Int> {
    let start = index * length / side
    return start..<max(start + 1, (index + 1) * length / side)
  }

  /// Which of the 64 coefficients of the discrete cosine transform of `values`, `[8, 8]`, are
  /// positive beyond the encoder's noise: where a picture is smooth, most are nothing but noise, and
  /// their signs would differ from copy to copy.
  static func bits(_ values: [Float]) -> UInt64 {
    precondition(values.count == cells)
    var rows = [Float](repeating: 0, count: cells)
    for y in 0..<side {
      for u in 0..<side {
        var sum: Float = 0
        for x in 0..<side { sum += values[y * side + x] * basis[u * side + x] }
        rows[y * side + u] = sum
      }
    }
    var bits: UInt64 = 0
    for v in 0..<side {
      for u in 0..<side {
        var sum: Float = 0
        for y in 0..<side { sum += rows[y * side + u] * basis[v * side + y] }
        if sum > noise { bits |= 1 << UInt64(place[v * side + u]) }
      }
    }
    return bits
  }

  /// The bit of each coefficient: dealt to the bands of 16 bits that `HashIndex` looks up from the
  /// slowest waves to the fastest, so that each has its share of the telling ones.
  private static let place: [Int] = {
    let ranked = (0..<cells).sorted {
      ($0 / side + $0 % side, $0) < ($1 / side + $1 % side, $1)
    }
    var place = [Int](repeating: 0, count: cells)
    for (rank, cell) in ranked.enumerated() { place[cell] = rank % 4 * 16 + rank / 4 }
    return place
  }()

  /// What rounding and encoding add to a coefficient, in cells' units: half a grey level in each
  /// cell.
  private static let noise: Float = 64

  /// `basis[u * 8 + x]` = cos(π · u · (2x + 1) / 16).
  private static let basis: [Float] = (0..<cells).map { position in
    let (u, x) = (Double(position / side), Double(position % side))
    return Float(cos(Double.pi * u * (2 * x + 1) / Double(2 * side)))
  }
}
