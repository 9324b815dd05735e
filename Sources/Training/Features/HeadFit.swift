import Datasets
import Evaluation
import Networks
import Tensors

/// A head fitted to the features of clips: scale, weights, and how strongly these were held back.
struct HeadFit {
  let scale: FeatureScale
  /// `[classes, features]`, of scaled features.
  let weights: [Float]
  let bias: [Float]
  /// The L2 penalty, which clips left out of the fit chose.
  let strength: Double
  /// What each of the clips got from a head that had not learned its group, `[clips, classes]`; empty
  /// where nothing was to be chosen.
  let unseen: [Float]

  /// Penalties to choose from, the strongest first. Products are those of an average feature, so that
  /// the same ones serve any number of features.
  static let strengths = [1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003]
  /// Parts of the groups that are left out in turn to choose.
  private static let folds = 5
  /// The bias as one more product: large, so that the penalty hardly holds it back.
  private static let biasProduct = 10.0

  /// What a head is fitted to.
  struct Examples {
    let clips: [Clip]
    /// The features of each clip.
    let rows: [[Float]]
    let classes: Int
    let weighting: ClassWeighting

    fileprivate var labels: [Int] { clips.map(\.classIndex) }

    /// How much each clip counts.
    fileprivate var importance: [Double] {
      var counts = [Int](repeating: 0, count: classes)
      for clip in clips { counts[clip.classIndex] += 1 }
      let weights = weighting.weights(counts: counts)
      return clips.map { weights[$0.classIndex] / Double(clips.count) }
    }
  }

  /// - Parameters:
  ///   - epsilon: of the normalisation before the classifier.
  ///   - strength: the penalty; nil chooses it.
  init(
    _ examples: Examples, epsilon: Float, strength: Double? = nil, seed: UInt64, pool: WorkerPool
  ) {
    scale = FeatureScale(examples.rows, epsilon: epsilon)
    var products = scale.products(examples.rows, pool: pool)
    for index in products.indices { products[index] += Self.biasProduct }
    let problem = LogisticRegression(
      products: products, labels: examples.labels, classes: examples.classes,
      importance: examples.importance, pool: pool)
    (self.strength, unseen) =
      strength.map { ($0, []) } ?? Self.choose(problem, clips: examples.clips, seed: seed)
    let coefficients = problem.fit(strength: self.strength)
    weights = scale.weights(
      examples.rows, coefficients: coefficients, classes: examples.classes, pool: pool)
    bias = (0..<examples.classes).map { number in
      var sum = 0.0
      for clip in examples.clips.indices {
        sum += coefficients[clip * examples.classes + number]
      }
      return Float(Self.biasProduct * sum)
    }
  }

  /// The logits of a clip.
  func scores(_ row: [Float]) -> [Float] { scale.scores(row, weights: weights, bias: bias) }

  /// Puts the head into its network.
  func write(into network: Network, _ head: FittedHead) {
    func put(_ values: [Float], _ name: String) {
      guard let entry = network.entry(name) else { preconditionFailure("no tensor \(name)") }
      let all = entry.role == .statistics ? network.buffers : network.parameters
      _ = UnsafeMutableBufferPointer(rebasing: all[entry.range]).update(fromContentsOf: values)
    }
    put(scale.mean, head.norm + ".running_mean")
    put(scale.variance, head.norm + ".running_var")
    put([Float](repeating: 1, count: scale.count), head.norm + ".weight")
    put([Float](repeating: 0, count: scale.count), head.norm + ".bias")
    put(weights, head.classifier + ".weight")
    put(bias, head.classifier + ".bias")
  }

  /// The penalty under which clips of groups left out are told best, by log loss, and what they got
  /// under it. Clips are scaled together: that tells nothing of their labels.
  private static func choose(
    _ problem: LogisticRegression, clips: [Clip], seed: UInt64
  ) -> (strength: Double, unseen: [Float]) {
    let parts = Splitter.folds(of: clips, count: folds, seed: seed)
    var unseen = [[Double]](
      repeating: [Double](repeating: 0, count: clips.count * problem.classes),
      count: strengths.count)
    for part in Set(parts).sorted() {
      let (rest, kept) = problem.without(parts.map { $0 == part })
      var coefficients: [Double]?
      for (number, strength) in strengths.enumerated() {
        let fitted = rest.fit(strength: strength, from: coefficients, tolerance: 1e-4)
        coefficients = fitted
        for clip in parts.indices where parts[clip] == part {
          problem.addScores(of: clip, by: fitted, of: kept, to: &unseen[number])
        }
      }
    }
    let losses = unseen.map(problem.loss)
    let best = losses.indices.min { losses[$0] < losses[$1] } ?? 0
    return (strengths[best], unseen[best].map(Float.init))
  }
}

extension LogisticRegression {
  /// The problem without some of its clips, and which are left.
  fileprivate func without(_ isLeftOut: [Bool]) -> (LogisticRegression, kept: [Int]) {
    let kept = labels.indices.filter { !isLeftOut[$0] }
    var part: [Double] = []
    part.reserveCapacity(kept.count * kept.count)
    for row in kept { for column in kept { part.append(products[row * labels.count + column]) } }
    let total = kept.reduce(0) { $0 + importance[$1] }
    let problem = LogisticRegression(
      products: part, labels: kept.map { labels[$0] }, classes: classes,
      importance: kept.map { importance[$0] / total }, pool: pool)
    return (problem, kept)
  }

  /// Adds what coefficients of some clips give another one to its row of scores.
  fileprivate func addScores(
    of clip: Int, by coefficients: [Double], of others: [Int], to scores: inout [Double]
  ) {
    let row = clip * classes
    for (position, other) in others.enumerated() {
      let product = products[clip * labels.count + other]
      for index in 0..<classes {
        scores[row + index] += product * coefficients[position * classes + index]
      }
    }
  }

  /// The loss of scores without the penalty.
  fileprivate func loss(_ scores: [Double]) -> Double {
    labels.indices.reduce(0) { sum, clip in
      sum + importance[clip]
        * Temperature.logLoss(
          logits: scores[clip * classes..<(clip + 1) * classes].map(Float.init),
          labels: [labels[clip]], classes: classes, temperature: 1)
    }
  }
}
