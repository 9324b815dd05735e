/// The naive classifier: a picture shows what the mean picture nearest to it shows.
struct NearestMean {
  /// Of every class.
  private let means: [[Float]]

  /// - Parameter labels: of each picture; every class has a picture.
  init(_ pictures: [[Float]], _ labels: [Int]) {
    let classes = (labels.max() ?? -1) + 1
    means = (0..<classes).map { label in
      let own = zip(pictures, labels).filter { $0.1 == label }.map(\.0)
      return own[0].indices.map { pixel in
        own.reduce(0) { $0 + $1[pixel] } / Float(own.count)
      }
    }
  }

  func accuracy(_ pictures: [[Float]], _ labels: [Int]) -> Double {
    let right = zip(pictures, labels).count { picture, label in nearest(picture) == label }
    return Double(right) / Double(labels.count)
  }

  private func nearest(_ picture: [Float]) -> Int? {
    means.indices.min { distance(picture, means[$0]) < distance(picture, means[$1]) }
  }

  private func distance(_ a: [Float], _ b: [Float]) -> Float {
    zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  }
}
