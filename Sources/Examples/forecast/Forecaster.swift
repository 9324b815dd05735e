import VidclassKit

/// Conv1D(64, 3) and ReLU, LSTM(128), its last step, Dense(1): the network and its training.
final class Forecaster {
  static let kernel = 3
  private static let batch = 32
  private static let peakRate = 2e-3
  /// Longest gradient that is not shortened.
  private static let clip = 1.0

  let network: Network
  private let division: Division
  private let seed: UInt64
  private let pool: WorkerPool

  init(_ division: Division, seed: UInt64, pool: WorkerPool) throws {
    self.division = division
    self.seed = seed
    self.pool = pool
    network = try Network(
      architecture: Forecaster.architecture(window: division.window), seed: seed)
  }

  /// A window of the series is a movie of so many frames of a pixel each; the network's only class
  /// is the forecast.
  static func architecture(window: Int) -> Architecture {
    Architecture(
      name: "forecast",
      input: InputShape(frames: window, height: 1, width: 1, channels: 1), classes: 1,
      layers: [
        .conv1D(name: "conv", filters: 64, kernel: kernel, padding: 0), .relu,
        .flattenSteps,
        .lstm(name: "lstm", hidden: 128), .timePooling(.last),
        .dense(name: "dense", outputs: 1),
      ])
  }

  /// Learns from the training part, every window once an epoch, in an order drawn from the seed.
  ///
  /// - Parameter progress: told of every epoch and its mean loss, in squared or absolute deviations.
  func train(epochs: Int, loss: RegressionLoss, progress: (_ epoch: Int, _ loss: Double) -> Void)
    throws
  {
    let executor = try Executor(
      network: network, batch: Forecaster.batch, mode: .training, pool: pool)
    let groups = network.entries.map {
      ParameterGroup(range: $0.range, decays: $0.role == .weight)
    }
    let optimizer = AdamW(network, pool: pool)
    let count = division.trainingTargets.count
    let steps = epochs * ((count + Forecaster.batch - 1) / Forecaster.batch)
    let schedule = LearningRateSchedule(
      course: .cosine, peak: Forecaster.peakRate, warmupSteps: steps / 20, totalSteps: steps)
    for epoch in 0..<epochs {
      var order = Array(division.trainingTargets)
      var random = RandomStream(seed: seed, purpose: .clipOrder, UInt64(epoch))
      random.shuffle(&order)
      var total = 0.0
      for start in stride(from: 0, to: count, by: Forecaster.batch) {
        let targets = order[start..<min(start + Forecaster.batch, count)]
        fill(executor, targets)
        executor.forward(count: targets.count)
        let wanted = targets.map { division.standard[$0] }
        let mean = executor.withMutableLogitsGradient { outputs, gradient in
          loss(outputs: outputs, targets: wanted, gradient: &gradient)
        }
        executor.backward(count: targets.count)
        let (length, factor) = GradientClipping.measure(
          network, groups: groups, limit: Forecaster.clip)
        guard mean.isFinite, length.isFinite else { throw Diverged(epoch: epoch + 1) }
        optimizer.step(
          network, gradientScale: factor, learningRate: schedule.rate(at: optimizer.steps))
        executor.parametersChanged()
        total += mean * Double(targets.count)
      }
      progress(epoch + 1, total / Double(count))
    }
  }

  /// The network's forecasts of these values, in the series' own unit.
  func forecasts(of targets: Range<Int>) throws -> [Double] {
    let executor = try Executor(
      network: network, batch: Forecaster.batch, mode: .inference, pool: pool)
    var forecasts: [Double] = []
    for start in stride(from: targets.lowerBound, to: targets.upperBound, by: Forecaster.batch) {
      let part = start..<min(start + Forecaster.batch, targets.upperBound)
      fill(executor, part)
      executor.forward(count: part.count)
      forecasts += executor.withLogits { outputs in
        (0..<part.count).map { division.value(of: outputs[$0]) }
      }
    }
    return forecasts
  }

  private func fill(_ executor: Executor, _ targets: some Sequence<Int>) {
    for (position, target) in targets.enumerated() {
      executor.setInput(Array(division.inputs(of: target)), at: position)
    }
  }
}

/// The loss is no longer a number.
struct Diverged: Error, CustomStringConvertible {
  let epoch: Int
  var description: String { "training diverged in epoch \(epoch); check the series for outliers" }
}
