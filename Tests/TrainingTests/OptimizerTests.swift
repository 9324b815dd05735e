import Testing

@testable import Training

@Suite struct OptimizerTests {
  /// Runs an optimiser over a golden's gradients and compares every step's parameters.
  private func expectTrajectory(
    _ golden: Goldens.Optimizer, _ optimizer: any ResumableOptimizer,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    var parameters = golden.start
    for (gradient, expected) in zip(golden.gradients, golden.trajectory) {
      var gradient = gradient
      parameters.withUnsafeMutableBufferPointer { parameters in
        gradient.withUnsafeMutableBufferPointer { gradient in
          optimizer.step(
            parameters: parameters, gradients: gradient, gradientScale: 1,
            learningRate: golden.settings.lr)
        }
      }
      #expect(relativeError(parameters, expected) < 2e-6, sourceLocation: sourceLocation)
    }
    #expect(optimizer.steps == golden.gradients.count, sourceLocation: sourceLocation)
  }

  private func groups(_ golden: Goldens.Optimizer) -> [ParameterGroup] {
    [
      ParameterGroup(range: 0..<golden.decaying, decays: true),
      ParameterGroup(range: golden.decaying..<golden.start.count, decays: false),
    ]
  }

  @Test(arguments: Goldens.all.adamw) func adamWEqualsPyTorch(_ golden: Goldens.Optimizer) {
    var options = AdamW.Options(weightDecay: golden.settings.weightDecay)
    if let betas = golden.settings.betas { (options.beta1, options.beta2) = (betas[0], betas[1]) }
    if let epsilon = golden.settings.eps { options.epsilon = epsilon }
    let count = golden.start.count
    expectTrajectory(golden, AdamW(count: count, groups: groups(golden), options: options))
  }

  @Test(arguments: Goldens.all.sgd) func sgdEqualsPyTorch(_ golden: Goldens.Optimizer) {
    let options = SGD.Options(
      momentum: golden.settings.momentum ?? 0, nesterov: golden.settings.nesterov ?? false,
      weightDecay: golden.settings.weightDecay)
    let count = golden.start.count
    expectTrajectory(golden, SGD(count: count, groups: groups(golden), options: options))
  }

  @Test func frozenValuesStayAsTheyAre() {
    let optimizer = AdamW(
      count: 6, groups: [ParameterGroup(range: 2..<4, decays: true)],
      options: .init(weightDecay: 0.5))
    var parameters: [Float] = [1, 2, 3, 4, 5, 6]
    var gradients = [Float](repeating: 1, count: 6)
    parameters.withUnsafeMutableBufferPointer { parameters in
      gradients.withUnsafeMutableBufferPointer { gradients in
        optimizer.step(
          parameters: parameters, gradients: gradients, gradientScale: 1, learningRate: 0.1)
      }
    }
    #expect(parameters[0] == 1 && parameters[1] == 2 && parameters[4] == 5 && parameters[5] == 6)
    #expect(parameters[2] < 3 && parameters[3] < 4)
  }

  /// Values that join late go the way of an optimiser of their own that begins then, at its own rate.
  @Test(arguments: [true, false]) func lateGroupsBeginAfresh(adam: Bool) {
    func make(_ groups: [ParameterGroup]) -> any ResumableOptimizer {
      adam
        ? AdamW(count: 5, groups: groups, options: .init(weightDecay: 0.1))
        : SGD(count: 5, groups: groups, options: .init(weightDecay: 0.1))
    }
    let early = ParameterGroup(range: 0..<2, decays: true)
    let mixed = make([
      early, ParameterGroup(range: 2..<5, decays: true, firstStep: 3, rate: 0.25),
    ])
    let (alone, late) = (make([early]), make([ParameterGroup(range: 2..<5, decays: true)]))
    var values: [Float] = [1, 2, 3, 4, 5]
    var expected = values
    func step(
      _ optimizer: any ResumableOptimizer, _ values: inout [Float], _ step: Int, rate: Double
    ) {
      var gradients = (0..<5).map { Float(($0 * 7 + step * 3) % 5) - 2 }
      values.withUnsafeMutableBufferPointer { values in
        gradients.withUnsafeMutableBufferPointer {
          optimizer.step(parameters: values, gradients: $0, gradientScale: 1, learningRate: rate)
        }
      }
    }
    for number in 0..<8 {
      step(mixed, &values, number, rate: 0.125)
      step(alone, &expected, number, rate: 0.125)
      if number >= 3 { step(late, &expected, number, rate: 0.03125) }
      if number == 2 { #expect(values[2...] == [3, 4, 5]) }
    }
    #expect(values == expected && values[2...] != [3, 4, 5])
  }

  /// Values that do not learn yet do not shorten the steps of those that do.
  @Test func clippingCountsWhatLearns() {
    var gradient: [Float] = [3, 4, 100]
    let groups = [
      ParameterGroup(range: 0..<2, decays: true),
      ParameterGroup(range: 2..<3, decays: true, firstStep: 10),
    ]
    for (steps, length) in [(9, 5.0), (10, 10_025.0.squareRoot())] {
      let measured = gradient.withUnsafeMutableBufferPointer {
        GradientClipping.measure($0, groups: groups, limit: 1, steps: steps).length
      }
      #expect(abs(measured - length) < 1e-3)
    }
  }

  @Test(arguments: [0, 1]) func clippingEqualsPyTorch(index: Int) {
    let golden = Goldens.all.clipping[index]
    var gradient = golden.gradient
    let (norm, factor) = gradient.withUnsafeMutableBufferPointer {
      // In two parts: the length is that of all of them together.
      GradientClipping.measure(
        $0,
        groups: [
          ParameterGroup(range: 0..<11, decays: true),
          ParameterGroup(range: 11..<golden.gradient.count, decays: false),
        ], limit: golden.limit)
    }
    #expect(abs(norm - golden.norm) < 1e-6 * golden.norm)
    #expect(relativeError(gradient.map { $0 * factor }, golden.clipped) < 2e-6)
  }

  @Test func notANumberIsNoticed() {
    var gradient: [Float] = [1, .nan, 2]
    let (norm, _) = gradient.withUnsafeMutableBufferPointer {
      GradientClipping.measure(
        $0, groups: [ParameterGroup(range: 0..<3, decays: true)], limit: 1)
    }
    #expect(!norm.isFinite)
  }

  @Test func neighboursOfAKindAreJoined() {
    let groups = [
      ParameterGroup(range: 6..<9, decays: false), ParameterGroup(range: 0..<4, decays: true),
      ParameterGroup(range: 4..<6, decays: true), ParameterGroup(range: 9..<9, decays: true),
      ParameterGroup(range: 10..<12, decays: false),
    ]
    #expect(
      ParameterGroup.joined(groups) == [
        ParameterGroup(range: 0..<6, decays: true), ParameterGroup(range: 6..<9, decays: false),
        ParameterGroup(range: 10..<12, decays: false),
      ])
  }
}
